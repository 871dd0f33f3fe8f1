import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import (
    dips_at,
    dips_below,
    falls_as_other_rises,
    has_hump,
    merges_then_splits,
    rises_after_peak_of,
)
from support.layer_profiles import around, profile, wide

HUMP, LATE = np.array([0.0, 0.1, 0.22, 0.2, 0.0]), [0.0, 0.0, 0.0, 0.1, 0.5]
RISING, FLAT = np.linspace(0, 1, 5), [0.5] * 5


def test_has_hump():
    assert has_hump(around(HUMP)).verdict == "confirmed"
    assert has_hump(around(RISING)).verdict == "refuted"
    assert has_hump(around(-HUMP)).verdict == "refuted"
    assert has_hump(profile([HUMP, RISING])).verdict == "undecided"
    assert has_hump(profile([HUMP])).verdict == "undecided"
    assert has_hump(profile([HUMP] * 2)).effect == pytest.approx(0.22)
    with pytest.raises(ArrayError, match="has 2 layers"):
        has_hump(profile([[0.1, 0.2]]))


def test_noise_has_no_hump():
    """The highest of many noisy layers always stands above the ends: it must not be taken for a hump."""
    found = [has_hump(around(np.zeros(20), noise=1.0, seed=seed), by=0.0).verdict for seed in range(200)]
    assert found.count("confirmed") <= 0.05 * len(found)


def test_dips_below():
    dip, level = 5 - HUMP, around(np.full(5, 4.9), "shuffled", seed=1)
    assert dips_below(around(dip), level).verdict == "confirmed"
    assert dips_below(around(dip), around(np.full(5, 4.0), seed=1)).verdict == "refuted"
    assert dips_below(around(RISING), around(np.full(5, 4.0), seed=1)).verdict == "refuted"
    assert dips_below(around(5 - RISING), around(np.full(5, 6.0), seed=1)).verdict == "refuted"
    assert dips_below(profile([dip, RISING + 5]), around(np.full(5, 4.9), seeds=2)).verdict == "undecided"
    with pytest.raises(ArrayError, match="3 and 2 repetitions"):
        dips_below(around(dip), around(FLAT, seeds=2))
    with pytest.raises(ArrayError, match="different layers"):
        dips_below(around(dip), around([0.1, 0.2, 0.3]))


def test_dips_at():
    flux = [0.2, 0.95, 0.95, 0.55, 0.95]
    assert dips_at(around(flux), ["a", "d"]).verdict == "confirmed"
    assert dips_at(around(flux), ["a", "b"]).verdict == "refuted"
    assert dips_at(wide(flux), ["a", "d"]).verdict == "undecided"
    assert dips_at(profile([flux] * 2), ["a"]).effect == pytest.approx((0.95 * 3 + 0.55) / 4 - 0.2)
    for layers in ([], list("abcde")):
        with pytest.raises(UsageError, match="Name some"):
            dips_at(around(flux), layers)
    with pytest.raises(UsageError, match="no layer 'z'"):
        dips_at(around(flux), ["z"])


def test_one_falls_as_the_other_rises():
    macro, fine = around(HUMP, "ARI macro"), around(LATE, "ARI class", seed=1)
    assert rises_after_peak_of(fine, macro).verdict == "confirmed"
    assert rises_after_peak_of(around([0, 0.4, 0.5, 0.5, 0.5]), macro).verdict == "refuted"
    assert rises_after_peak_of(around(FLAT[::-1], noise=0), macro).verdict == "refuted"
    assert rises_after_peak_of(profile([LATE, [0, 0.4, 0.5, 0.5, 0.5]]), profile([HUMP] * 2)).verdict == "undecided"
    assert falls_as_other_rises(macro, fine).verdict == "confirmed"
    assert falls_as_other_rises(fine, macro).verdict == "refuted"
    assert falls_as_other_rises(profile([HUMP]), profile([LATE])).verdict == "undecided"
    by_hand = rises_after_peak_of(profile([[0.3, 0.1, 0.2, 0.5]] * 2), profile([[0.0, 0.0, 1.0, 0.0]] * 2))
    assert by_hand.effect == pytest.approx(0.75)
    with pytest.raises(ArrayError, match="repetitions"):
        rises_after_peak_of(fine, around(HUMP, seeds=2))


def test_number_of_peaks():
    assert merges_then_splits(profile([[3, 1, 1, 2, 30], [3, 1, 2, 2, 31], [4, 1, 1, 3, 29]])).verdict == "confirmed"
    assert merges_then_splits(profile([[9, 7, 6, 7, 30]] * 2)).verdict == "refuted"
    assert merges_then_splits(profile([[1, 1, 1, 2, 30]] * 2)).verdict == "refuted"
    assert merges_then_splits(profile([[4, 2, 1, 1, 1]] * 2)).verdict == "refuted"
    assert merges_then_splits(profile([[2, 1, 1, 2, 30], [40, 5, 8, 9, 30]])).verdict == "undecided"
    # A minimum of six is refuted at two, and enough at six.
    assert merges_then_splits(profile([[9, 7, 6, 7, 30]] * 2), at_most=6).verdict == "confirmed"


def test_order_of_repetitions_does_not_matter():
    values = around(HUMP, noise=0.05, seeds=5).values
    there, back = has_hump(profile(values)), has_hump(profile(values[::-1]))
    assert (there.low, there.high) == pytest.approx((back.low, back.high))
    assert has_hump(profile(values + 7)).effect == pytest.approx(there.effect)
