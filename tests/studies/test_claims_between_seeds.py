from __future__ import annotations

import numpy as np
import pytest

from nucleate.errors import ArrayError
from nucleate.studies.claims._claims_between_seeds import (
    agree_at_both_ends,
    agree_more_near_output,
    agree_most_early,
    agree_where_score_is_high,
)
from nucleate.studies.claims._profiles import LayerProfile

LAYERS = tuple("abcdef")
DEPTHS = np.linspace(0, 1, 6)
NOISE = np.array([[0.0], [0.005], [-0.005]])


def profile(values: list[float], noise: np.ndarray = NOISE, name: str = "ARI") -> LayerProfile:
    return LayerProfile(name, LAYERS, DEPTHS, np.array([values]) + noise, "pairs of seeds")


def test_more_agreement_near_the_output() -> None:
    flat, rising = profile([0.2] * 6), profile([0.2, 0.2, 0.2, 0.2, 0.5, 0.5])
    assert agree_more_near_output(rising, flat).verdict == "confirmed"
    assert agree_more_near_output(rising, flat).effect == pytest.approx(0.3)
    assert agree_more_near_output(profile([0.5] * 6), flat).verdict == "refuted"
    assert agree_more_near_output(flat, rising).verdict == "refuted"


def test_agreement_follows_a_score() -> None:
    score = LayerProfile("AMI", LAYERS, DEPTHS, np.array([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]) + NOISE)
    with_it, against_it = profile([0.2, 0.3, 0.4, 0.5, 0.6, 0.9]), profile([0.9, 0.6, 0.5, 0.4, 0.3, 0.2])
    assert agree_where_score_is_high(with_it, score).effect == pytest.approx(1)
    assert agree_where_score_is_high(with_it, score).verdict == "confirmed"
    assert agree_where_score_is_high(against_it, score).verdict == "refuted"


def test_a_score_of_other_seeds_is_refused() -> None:
    score = LayerProfile("AMI", LAYERS, DEPTHS, np.arange(12.0).reshape(2, 6))
    with pytest.raises(ArrayError, match="3 rows for 2 seeds"):
        agree_where_score_is_high(profile([0.2, 0.3, 0.4, 0.5, 0.6, 0.9]), score)
    with pytest.raises(ArrayError, match="same at every layer"):
        agree_where_score_is_high(profile([0.2] * 6), profile([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], name="AMI"))


def test_agreement_that_is_highest_early() -> None:
    assert agree_most_early(profile([0.9, 0.5, 0.4, 0.3, 0.2, 0.1])).verdict == "confirmed"
    late = agree_most_early(profile([0.1, 0.2, 0.3, 0.4, 0.5, 0.9]))
    assert (late.verdict, late.effect) == ("refuted", 1)


def test_agreement_at_both_ends() -> None:
    assert agree_at_both_ends(profile([0.6, 0.5, 0.2, 0.2, 0.5, 0.6])).verdict == "confirmed"
    one_end = agree_at_both_ends(profile([0.6, 0.5, 0.2, 0.2, 0.2, 0.1]))
    assert [part.verdict for part in one_end.parts] == ["confirmed", "refuted"]


def test_two_seeds_decide_nothing() -> None:
    alone = np.zeros((1, 1))
    found = [
        agree_at_both_ends(profile([0.6, 0.5, 0.2, 0.2, 0.5, 0.6], alone)),
        agree_most_early(profile([0.9, 0.5, 0.4, 0.3, 0.2, 0.1], alone)),
        agree_more_near_output(profile([0.2, 0.2, 0.2, 0.2, 0.5, 0.5], alone), profile([0.2] * 6, alone)),
    ]
    assert {finding.verdict for finding in found} == {"undecided"}
