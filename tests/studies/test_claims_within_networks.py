from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from nucleate.errors import ArrayError
from nucleate.studies.claims import late_change
from nucleate.studies.claims._claims_within_networks import (
    keeps_changing,
    peaks_no_higher,
    rises_overall,
    spread_within,
    stays_low_but_above_zero,
    varies_more_within_stages,
)
from nucleate.studies.claims._profiles import LayerProfile


def profile(*rows: list[float], name: str = "AMI") -> LayerProfile:
    count = len(rows[0])
    layers = tuple(f"layer {place}" for place in range(count))
    return LayerProfile(name, layers, np.linspace(0, 1, count), np.array(rows))


class TestRisesOverall:
    def test_setbacks_are_allowed(self) -> None:
        found = rises_overall(profile([0.1, 0.3, 0.2, 0.5], [0.1, 0.2, 0.4, 0.3], [0.1, 0.3, 0.2, 0.6]))
        assert found.verdict == "confirmed"
        assert found.effect == pytest.approx(0.8)

    def test_a_fall_is_refuted(self) -> None:
        assert rises_overall(profile([0.5, 0.3, 0.2, 0.1], [0.5, 0.3, 0.1, 0.2])).verdict == "refuted"

    def test_the_same_everywhere_is_no_rise(self) -> None:
        assert rises_overall(profile([0.2] * 4, [0.3] * 4)).effect == 0

    def test_one_seed_decides_nothing(self) -> None:
        assert rises_overall(profile([0.1, 0.2, 0.3])).verdict == "undecided"

    def test_two_layers_are_too_few(self) -> None:
        with pytest.raises(ArrayError, match="2 layers"):
            rises_overall(profile([0.1, 0.2]))

    @given(st.lists(st.floats(0, 1), min_size=3, max_size=8, unique=True))
    def test_only_order_matters(self, values: list[float]) -> None:
        found = rises_overall(profile(values)).effect
        assert found == pytest.approx(rises_overall(profile(list(np.argsort(np.argsort(values)) + 0.0))).effect)
        tau = kendalltau(np.arange(len(values)), values).statistic
        assert found * tau >= 0 or abs(tau) < 0.4


class TestWithinStages:
    STAGES = ("1", "1", "2", "2")

    def test_mean_of_the_stages_standard_deviations(self) -> None:
        found = spread_within(profile([0.1, 0.3, 0.5, 0.9], [0.2, 0.2, 0.2, 0.2]), self.STAGES)
        assert found == pytest.approx([(0.1 + 0.2) / 2, 0])

    @given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.floats(-1, 1))
    def test_a_shift_of_a_stage_changes_nothing(self, values: list[float], shift: float) -> None:
        moved = [values[0] + shift, values[1] + shift, *values[2:]]
        one, other = spread_within(profile(values, moved), self.STAGES)
        assert one == pytest.approx(other, abs=1e-12)

    def test_a_stage_of_one_layer_does_not_count(self) -> None:
        assert spread_within(profile([0.1, 0.3, 0.9]), ("1", "1", "2")) == pytest.approx([0.1])

    def test_more_and_less(self) -> None:
        rough = profile([0.1, 0.3, 0.2, 0.5], [0.1, 0.3, 0.2, 0.51], name="AMI")
        smooth = profile([0.1, 0.11, 0.2, 0.21], [0.1, 0.11, 0.2, 0.22], name="accuracy")
        assert varies_more_within_stages(rough, smooth, self.STAGES).verdict == "confirmed"
        assert varies_more_within_stages(smooth, rough, self.STAGES).verdict == "refuted"
        assert varies_more_within_stages(rough, rough, self.STAGES).effect == 0

    @pytest.mark.parametrize("stages", [("1", "1"), ("1", "2", "3", "4")])
    def test_stages_that_do_not_fit(self, stages: tuple[str, ...]) -> None:
        with pytest.raises(ArrayError, match="stage"):
            spread_within(profile([0.1, 0.2, 0.3, 0.4]), stages)


class TestLowButAboveZero:
    @pytest.mark.parametrize(
        ("rows", "verdict"),
        [
            (([0.1, 0.2], [0.11, 0.21]), "confirmed"),
            (([0.1, 0.8], [0.11, 0.81]), "refuted"),
            (([-0.1, 0.2], [-0.11, 0.21]), "refuted"),
            (([0.1, 0.4], [0.11, 0.6]), "undecided"),
        ],
    )
    def test_verdicts(self, rows: tuple[list[float], ...], verdict: str) -> None:
        assert stays_low_but_above_zero(profile(*rows)).verdict == verdict


class TestNoHigher:
    def test_lower_equal_and_higher(self) -> None:
        plain = profile([0.1, 0.500], [0.1, 0.501])
        for shift, verdict in ((-0.2, "confirmed"), (0.0, "confirmed"), (0.1, "refuted")):
            other = profile([0.5 + shift, 0.1], [0.501 + shift, 0.1], name="VGG, batch norm")
            assert peaks_no_higher(other, plain).verdict == verdict


class TestKeepsChanging:
    EPOCHS = (0, 25, 100)

    def test_the_last_layers_do_not_count(self) -> None:
        settled = [[0.0, 0.0], [0.3, 0.1], [0.3, 0.9]]
        moving = [[0.0, 0.0], [0.1, 0.1], [0.3, 0.1]]
        assert keeps_changing([settled, settled], self.EPOCHS, 1).verdict == "refuted"
        found = keeps_changing([moving, moving], self.EPOCHS, 1)
        assert found.verdict == "confirmed"
        assert found.effect == pytest.approx(late_change(np.array([moving])[:, :, :1], self.EPOCHS)[0])

    def test_a_score_that_never_changes(self) -> None:
        still = [[0.2, 0.2]] * 3
        assert keeps_changing([still, still], self.EPOCHS, 1).effect == 0
