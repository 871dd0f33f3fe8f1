import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_ind

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims._intervals import (
    as_effects,
    difference_of_means,
    difference_of_pairs,
    mean_of,
    mean_of_pairs,
)

numbers = st.floats(-100, 100).map(lambda value: round(value, 3))
groups = st.lists(numbers, min_size=2, max_size=8).filter(lambda values: np.ptp(values) > 0.01)


def ends(estimate):
    return estimate.low, estimate.high


@given(groups, st.floats(0.5, 0.999))
def test_mean_equals_scipy(values, confidence):
    expected = ttest_1samp(values, 0).confidence_interval(confidence)
    estimate = mean_of(values, confidence=confidence)
    assert estimate.mean == pytest.approx(np.mean(values))
    assert ends(estimate) == pytest.approx((expected.low, expected.high), abs=1e-8)
    assert estimate.counts == (len(values),)


def test_mean_by_hand():
    # s = 1, n = 3, t(0.975, 2) = 4.3027
    assert ends(mean_of([1, 2, 3])) == pytest.approx((2 - 4.30265 / math.sqrt(3), 2 + 4.30265 / math.sqrt(3)), abs=1e-4)


@given(groups, groups)
def test_difference_equals_scipy(a, b):
    expected = ttest_ind(a, b).confidence_interval(0.95)
    assert ends(difference_of_means(a, b)) == pytest.approx((expected.low, expected.high), abs=1e-8)


def test_one_member_borrows_the_other_groups_spread():
    estimate = difference_of_means([1.0, 3.0], [0.0])
    half = student.ppf(0.975, 1) * math.sqrt(2) * math.sqrt(1 / 2 + 1)
    assert ends(estimate) == pytest.approx((2 - half, 2 + half))
    assert ends(difference_of_means([0.0], [1.0, 3.0])) == pytest.approx((-2 - half, -2 + half))


@pytest.mark.parametrize(
    "estimate",
    [
        mean_of([0.3]),
        difference_of_means([0.3], [0.1]),
        mean_of_pairs([0.3]),
        difference_of_pairs([0.3], [0.1, 0.2, 0.3]),
        difference_of_pairs([0.1, 0.2, 0.3], [0.3]),
    ],
)
def test_no_spread_no_interval(estimate):
    assert ends(estimate) == (None, None)
    assert estimate.clipped(0, 1) == estimate


@pytest.mark.parametrize("count", [2, 3, 7])
def test_equal_effects_give_a_point_without_rounding(count):
    # The sum of three 0.1, divided by three, is not 0.1.
    assert ends(mean_of([0.1] * count)) == (0.1, 0.1)
    assert ends(difference_of_means([0.1] * count, [0.1])) == (0.0, 0.0)
    assert ends(mean_of_pairs([0.1] * (count * (count - 1) // 2) if count > 2 else [0.1] * 3)) == (0.1, 0.1)


@given(groups, st.randoms(use_true_random=False), st.floats(-10, 10), st.floats(0.1, 10))
def test_order_shift_and_scale(values, random, shift, scale):
    shuffled = list(values)
    random.shuffle(shuffled)
    low, high = ends(mean_of(values))
    assert ends(mean_of(shuffled)) == pytest.approx((low, high), abs=1e-8)
    assert ends(mean_of(np.array(values) * scale + shift)) == pytest.approx((low * scale + shift, high * scale + shift))
    assert ends(mean_of(-np.array(values))) == pytest.approx((-high, -low), abs=1e-8)


def jackknife(pairs, runs):
    """Variance of the mean over pairs, with runs left out one by one, in plain Python."""
    value = dict(zip(itertools.combinations(range(runs), 2), pairs, strict=True))
    without = [np.mean([value[pair] for pair in value if run not in pair]) for run in range(runs)]
    return (runs - 1) / runs * sum((one - np.mean(without)) ** 2 for one in without)


@pytest.mark.parametrize("runs", [3, 4, 6])
def test_pairs_equal_leaving_runs_out(runs):
    pairs = np.random.default_rng(runs).normal(size=runs * (runs - 1) // 2)
    half = student.ppf(0.975, runs - 1) * math.sqrt(jackknife(pairs, runs))
    assert ends(mean_of_pairs(pairs)) == pytest.approx((pairs.mean() - half, pairs.mean() + half))


def test_runs_may_come_in_any_order():
    values = np.random.default_rng(0).normal(size=(4, 4))
    values += values.T
    order = np.array([2, 0, 3, 1])
    left, right = np.triu_indices(4, 1)
    again = values[np.ix_(order, order)][left, right]
    assert ends(mean_of_pairs(again)) == pytest.approx(ends(mean_of_pairs(values[left, right])))


def test_interval_over_pairs_covers_where_the_naive_one_does_not():
    """Each run shifts all of its pairs: the interval must hold the truth as often as it says."""
    random = np.random.default_rng(1)
    runs = random.normal(size=(2000, 4))
    left, right = np.triu_indices(4, 1)
    pairs = runs[:, left] + runs[:, right]

    def covers(estimate):
        return np.mean([estimate(row).low <= 0 <= estimate(row).high for row in pairs])

    assert covers(mean_of_pairs) > 0.94
    assert covers(mean_of) < 0.9


def test_difference_of_pairs_by_hand():
    a, b = [0.1, 0.2, 0.6], [0.5, 0.6, 0.8, 0.7, 0.5, 0.6]
    first, second = jackknife(a, 3), jackknife(b, 4)
    freedom = (first + second) ** 2 / (first**2 / 2 + second**2 / 3)
    half = student.ppf(0.975, freedom) * math.sqrt(first + second)
    middle = np.mean(a) - np.mean(b)
    assert ends(difference_of_pairs(a, b)) == pytest.approx((middle - half, middle + half))
    assert ends(difference_of_pairs([0.2] * 3, [0.1] * 3)) == (0.1, 0.1)


def test_clipped():
    assert ends(mean_of([0.9, 0.99]).clipped(0, 1))[1] == 1
    assert ends(mean_of([0.9, 0.99]).clipped(0.5, 1))[0] == 0.5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "shape"),
        ([[0.1]], "shape"),
        (["a"], "dtype"),
        ([0.1, math.nan], "nan in repetition 1"),
        ([-math.inf], "-inf in repetition 0"),
    ],
)
def test_effects_that_are_none(values, message):
    with pytest.raises(ArrayError, match=message):
        as_effects(values)


@pytest.mark.parametrize("count", [2, 4, 5])
def test_not_all_pairs(count):
    with pytest.raises(ArrayError, match=f"{count} values are not all pairs"):
        mean_of_pairs([0.1] * count)


@pytest.mark.parametrize("confidence", [0, 1, -0.5])
def test_confidence_out_of_range(confidence):
    with pytest.raises(UsageError, match="confidence"):
        mean_of([1, 2], confidence=confidence)
