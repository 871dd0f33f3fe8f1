import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import (
    peak_depth,
    peaks_after,
    peaks_at,
    peaks_earlier,
    peaks_earlier_not_higher,
    peaks_equally_high,
    peaks_higher,
)
from support.layer_profiles import around, profile, wide

END, EARLY = [0.1, 0.2, 0.3, 0.4, 0.6], [0.1, 0.6, 0.4, 0.3, 0.2]
HIGHER = [0.1, 0.2, 0.3, 0.4, 0.8]


def test_first_of_several_peaks():
    assert peak_depth(profile([[0, 2, 1, 2], [3, 3, 3, 3]])).tolist() == [pytest.approx(1 / 3), 0]


def test_peaks_after():
    assert peaks_after(around(END)).verdict == "confirmed"
    assert peaks_after(around(EARLY)).verdict == "refuted"
    assert peaks_after(profile([END, EARLY])).verdict == "undecided"
    assert peaks_after(profile([END])).verdict == "undecided"
    assert peaks_after(around(EARLY), depth=0.2).effect == 0.25


def test_peaks_at():
    assert peaks_at(around(EARLY), "b").verdict == "confirmed"
    assert peaks_at(around(EARLY), "c").verdict == "refuted"
    assert peaks_at(profile([END, EARLY]), "b").verdict == "undecided"
    assert peaks_at(profile([END, EARLY, EARLY]), "b").effect == 1
    with pytest.raises(UsageError, match=r"no layer 'fc9'.*a, b"):
        peaks_at(around(END), "fc9")


@pytest.mark.parametrize("paired", [False, True])
def test_peaks_earlier(paired):
    assert peaks_earlier(around(EARLY), around(END), paired=paired).verdict == "confirmed"
    assert peaks_earlier(around(END), around(EARLY), paired=paired).verdict == "refuted"
    assert peaks_earlier(around(END), around(END), paired=paired).verdict == "refuted"
    assert peaks_earlier(profile([END, EARLY]), profile([END, END]), paired=paired).verdict == "undecided"


def test_heights():
    assert peaks_higher(around(HIGHER), around(END, seed=1)).verdict == "confirmed"
    assert peaks_higher(around(END), around(HIGHER, seed=1)).verdict == "refuted"
    assert peaks_higher(wide(HIGHER), around(END, seeds=2)).verdict == "undecided"
    assert peaks_equally_high(around(END, noise=0.002), around(EARLY, noise=0.002, seed=1)).verdict == "confirmed"
    assert peaks_equally_high(around(END), around(HIGHER, seed=1)).verdict == "refuted"
    assert peaks_equally_high(wide(HIGHER), around(END, seeds=2)).verdict == "undecided"
    # Networks of other layers are compared by their maxima alone.
    assert peaks_higher(around(HIGHER), around([0.2, 0.3], seed=1)).effect == pytest.approx(0.5, abs=0.03)


def test_a_shift_of_all_scores_moves_no_peak_and_no_gap():
    a, b = around(END), around(HIGHER, seed=1)
    raised = [profile(one.values + 0.3) for one in (a, b)]
    assert np.array_equal(peak_depth(raised[0]), peak_depth(a))
    assert peaks_higher(*raised).effect == pytest.approx(peaks_higher(a, b).effect)


def test_earlier_not_higher():
    normal, plain = around(EARLY, noise=0.002), around(END, noise=0.002, seed=1)
    assert peaks_earlier_not_higher(normal, plain).verdict == "confirmed"
    assert peaks_earlier_not_higher(plain, normal).verdict == "refuted"
    assert peaks_earlier_not_higher(normal, around(HIGHER, seed=1)).verdict == "refuted"
    assert peaks_earlier_not_higher(profile([EARLY]), profile([END])).verdict == "undecided"
    with pytest.raises(ArrayError, match="cannot be paired"):
        peaks_earlier_not_higher(normal, profile([END]), paired=True)
