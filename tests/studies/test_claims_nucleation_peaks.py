from __future__ import annotations

import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import breaks_up_by_kind, coexist_at, is_one_peak_inside, trend_correlations, trends_agree
from nucleate.studies.claims._profiles import LayerProfile

LAYERS = ("input", "a", "b", "output")


def profile(name: str, *rows: list[float]) -> LayerProfile:
    jitter = np.array([-0.01, 0.0, 0.01])[:, None]
    values = np.array(rows) + (jitter if len(rows) == 1 else 0)
    return LayerProfile(name, LAYERS, np.linspace(0, 1, 4), values, "classes")


def test_two_kinds_coexist_where_one_gives_way_to_the_other() -> None:
    down, up = profile("disordered", [0.9, 0.8, 0.4, 0.02]), profile("ordered", [0.02, 0.05, 0.4, 0.9])
    assert coexist_at(down, up, "b").verdict == "confirmed"
    assert coexist_at(down, up, "a").verdict == "refuted"  # the ordered are still rare
    assert coexist_at(up, down, "b").verdict == "refuted"  # the ends are the wrong way round
    with pytest.raises(UsageError, match="no layer 'c'"):
        coexist_at(down, up, "c")


def test_one_peak_inside_needs_several_at_both_ends() -> None:
    assert is_one_peak_inside(profile("share", [0.5, 0.97, 0.5, 0.1])).verdict == "confirmed"
    assert is_one_peak_inside(profile("share", [0.97, 0.97, 0.5, 0.1])).verdict == "refuted"
    assert is_one_peak_inside(profile("share", [0.5, 0.7, 0.5, 0.1])).verdict == "refuted"
    short = LayerProfile("share", ("input", "output"), np.array([0.0, 1.0]), np.array([[0.5, 0.5]]))
    with pytest.raises(ArrayError, match="2 layers"):
        is_one_peak_inside(short)


@pytest.mark.parametrize(
    ("kin", "rise", "verdict"), [(0.3, 0.4, "confirmed"), (0.0, 0.4, "refuted"), (0.3, 0.0, "refuted")]
)
def test_breaking_up_needs_relatives_first_and_classes_later(kin: float, rise: float, verdict: str) -> None:
    jitter = np.array([-0.01, 0.0, 0.01])
    found = breaks_up_by_kind(kin + jitter, np.full(3, 0.2), 0.2 + rise + jitter)
    assert found.verdict == verdict


def test_trends_are_ranks() -> None:
    rising, falling = profile("k = 3", [0.1, 0.2, 0.3, 0.9]), profile("k = 9", [0.4, 0.3, 0.2, 0.1])
    steeper = profile("k = 30", [0.0, 0.4, 0.5, 0.6])
    assert trend_correlations(rising, steeper).tolist() == [1, 1, 1]
    assert trend_correlations(rising, falling).tolist() == [-1, -1, -1]
    assert trends_agree([rising, steeper], rising).verdict == "confirmed"
    assert trends_agree([rising, falling], rising).verdict == "refuted"


def test_what_does_not_change_has_the_trend_of_what_does_not_either() -> None:
    flat = profile("flat", [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0])
    mixed = profile("mixed", [1.0, 1.0, 1.0, 1.0], [0.1, 0.2, 0.3, 0.4])
    assert trend_correlations(flat, mixed).tolist() == [1, 0]
