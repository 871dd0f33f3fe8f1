import itertools

import numpy as np
import pytest
from scipy.stats import pearsonr, rankdata

from nucleate.errors import ArrayError
from nucleate.studies.claims import (
    clusters_differ,
    clusters_differ_more,
    measures_agree,
    seeds_agree,
    seeds_agree_in_score_only,
    spread_between_seeds,
)
from nucleate.studies.claims._intervals import mean_of_pairs
from support.layer_profiles import around, profile

RISING = np.linspace(0.1, 0.5, 6)
SCATTERED = [[0.1, 0.5, 0.2, 0.4, 0.9, 0.3], [0.8, 0.1, 0.3, 0.9, 0.2, 0.7], [0.2, 0.9, 0.9, 0.1, 0.4, 0.1]]


def test_measures_agree():
    assert measures_agree(around(RISING), around(RISING**2 + 1, seed=1)).verdict == "confirmed"
    assert measures_agree(around(RISING), around(-RISING, seed=1)).verdict == "refuted"
    assert measures_agree(around(RISING), profile(SCATTERED)).verdict != "confirmed"
    assert measures_agree(profile([RISING] * 2), profile([RISING, -RISING])).verdict == "undecided"
    assert measures_agree(profile([RISING]), profile([RISING])).verdict == "undecided"


def test_correlation_is_that_of_ranks():
    a, b = profile(SCATTERED), profile(np.roll(SCATTERED, 1, axis=0))
    ranks = [pearsonr(rankdata(one), rankdata(other)).statistic for one, other in zip(a.values, b.values, strict=True)]
    finding = measures_agree(a, b)
    assert finding.effect == pytest.approx(np.mean(ranks))
    assert -1 <= finding.low <= finding.high <= 1


def test_ranks_ignore_rising_functions():
    a, b = profile(SCATTERED), around(RISING, noise=0.2)
    assert measures_agree(profile(np.exp(3 * a.values)), b).effect == pytest.approx(measures_agree(a, b).effect)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (profile([RISING]), profile([[0.3] * 6]), "is the same at every layer of repetition 0"),
        (profile([RISING]), profile([RISING] * 2), "1 and 2 repetitions"),
        (profile([RISING]), profile([RISING[:3]]), "different layers"),
        (profile([[0.1, 0.2]]), profile([[0.1, 0.2]]), "has 2 layers"),
    ],
)
def test_measures_that_cannot_be_compared(a, b, message):
    with pytest.raises(ArrayError, match=message):
        measures_agree(a, b)


def test_spread_by_hand():
    found = spread_between_seeds(profile([[0.0, 1.0], [0.2, 1.0], [0.1, 1.6]]))
    scale = np.mean([1.0, 1.0, 1.6]) - np.mean([0.0, 0.2, 0.1])
    assert found == pytest.approx(np.array([0.1, 0.35, 0.35]) / scale)


def test_seeds_agree():
    assert seeds_agree(around(RISING)).verdict == "confirmed"
    apart = RISING + np.kron(np.eye(3), [1, 1])  # each seed has its own peak
    assert seeds_agree(profile(apart)).verdict == "refuted"
    uneven = profile(RISING + np.array([[0.0], [0.02], [0.05]]))
    assert seeds_agree(uneven).high == pytest.approx(mean_of_pairs(spread_between_seeds(uneven)).high)
    assert seeds_agree(profile(RISING + np.array([[0.0], [0.02], [0.3]]))).verdict == "undecided"
    # Two seeds are one pair: how far pairs vary cannot be told.
    assert seeds_agree(around(RISING, seeds=2)).verdict == "undecided"
    with pytest.raises(ArrayError, match="has 1 seeds"):
        seeds_agree(profile([RISING]))
    with pytest.raises(ArrayError, match="the same at every layer"):
        seeds_agree(profile([[0.3, 0.3]] * 3))


def test_seeds_may_come_in_any_order_and_unit():
    values = around(RISING, noise=0.05, seeds=4).values
    there, again = seeds_agree(profile(values)), seeds_agree(profile(values[[2, 0, 3, 1]] * 7 + 1))
    assert (there.effect, there.low, there.high) == pytest.approx((again.effect, again.low, again.high))


def test_clusters_differ():
    assert clusters_differ(around([0.2] * 4)).verdict == "confirmed"
    assert clusters_differ(around([0.8] * 4)).verdict == "refuted"
    assert clusters_differ(profile([[0.1], [0.4], [0.9]])).verdict == "undecided"
    assert clusters_differ(profile([[0.2] * 4])).verdict == "undecided"
    assert clusters_differ(around([0.2] * 4)).of == "pairs of seeds"
    with pytest.raises(ArrayError, match="not all pairs"):
        clusters_differ(profile([[0.2] * 4] * 4))


def test_score_only():
    ami, low, high = around(RISING, "AMI"), around([0.2] * 6, "ARI", seed=1), around([0.9] * 6, "ARI", seed=1)
    assert seeds_agree_in_score_only(ami, low).verdict == "confirmed"
    assert seeds_agree_in_score_only(ami, high).verdict == "refuted"
    assert seeds_agree_in_score_only(around(RISING, seeds=2), profile([[0.2] * 6])).verdict == "undecided"
    with pytest.raises(ArrayError, match="2 rows for 3 seeds"):
        seeds_agree_in_score_only(ami, around([0.2] * 6, seeds=2))


def test_differ_more():
    natural, shuffled = around([0.1] * 5, "natural"), around([0.4] * 5, "shuffled", seed=1)
    assert clusters_differ_more(natural, shuffled).verdict == "confirmed"
    assert clusters_differ_more(shuffled, natural).verdict == "refuted"
    assert clusters_differ_more(natural, profile([[0.4] * 5])).verdict == "undecided"
    assert clusters_differ_more(natural, shuffled).effect == pytest.approx(
        shuffled.values.mean() - natural.values.mean()
    )


def test_three_pairs_of_three_runs():
    """Real agreement: codes of three runs, of which two nearly agree, give three pairs that share runs."""
    runs = [np.repeat([0, 1, 2], 20), np.roll(np.repeat([0, 1, 2], 20), 1), np.tile([0, 1, 2], 20)]
    agreement = [[np.mean(a == b)] for a, b in itertools.combinations(runs, 2)]
    finding = clusters_differ(profile(agreement), below=0.99)
    assert finding.verdict == "undecided"
    assert finding.repetitions == 3
