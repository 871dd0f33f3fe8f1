from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import (
    late_rise,
    rises_at_end,
    rises_more_sharply,
    rises_sharply,
    sharpness,
    stays_near_then_rises,
)
from support.layer_profiles import around, profile, wide

EVEN = np.linspace(0, 1, 9)
JUMP = np.array([0.0] * 7 + [0.3, 0.8])
rows = st.lists(st.integers(-50, 50), min_size=3, max_size=9)


def test_late_rise_by_hand():
    assert late_rise(profile([EVEN, JUMP, -EVEN, [0.5] * 9])).tolist() == pytest.approx([0.25, 1, 0, 0])
    assert late_rise(profile([JUMP]), last=0.125).tolist() == pytest.approx([5 / 8])
    # Between the layers at 0.6 and 0.8 of the depth, a quarter of the way from 3 to 4.
    assert late_rise(profile([[0, 1, 2, 3, 4, 5]])).tolist() == pytest.approx([0.25])
    # A rise is counted from the lowest layer, also where that is not the first.
    assert late_rise(profile([[0.5, 0.0, 0.0, 0.0, 1.0]])).tolist() == [1.0]


def test_late_rise_reads_the_depth_of_uneven_layers():
    uneven = profile([[0.0, 0.2, 1.0]], depths=[0.0, 0.1, 1.0])
    assert late_rise(uneven)[0] == pytest.approx(0.8 * 0.25 / 0.9)


@given(rows, st.integers(-20, 20), st.integers(1, 5))
def test_shift_and_scale(row, shift, scale):
    there, again = profile([row]), profile([np.array(row) * scale + shift])
    assert late_rise(again) == pytest.approx(late_rise(there))
    assert sharpness(again) == pytest.approx(sharpness(there))


@given(rows)
def test_sharpness_equals_a_plain_formula(row):
    steps = [other - one for one, other in pairwise(row)]
    largest = max(0, *steps) / (max(row) - min(row)) if max(row) > min(row) else 0
    even = 1 / len(steps)
    assert sharpness(profile([row]))[0] == pytest.approx((largest - even) / (1 - even))


@pytest.mark.parametrize("layers", [3, 5, 20])
def test_sharpness_does_not_depend_on_the_number_of_layers(layers):
    step = np.zeros(layers)
    step[-1] = 1
    assert sharpness(profile([np.linspace(0, 1, layers), step])) == pytest.approx([0, 1], abs=1e-12)


def test_rises_at_end():
    assert rises_at_end(around(JUMP)).verdict == "confirmed"
    assert rises_at_end(around(EVEN)).verdict == "refuted"
    assert rises_at_end(profile([JUMP, EVEN])).verdict == "undecided"
    assert rises_at_end(profile([JUMP])).verdict == "undecided"
    with pytest.raises(UsageError, match="no part of a network"):
        rises_at_end(profile([JUMP]), last=0)


def test_stays_near_then_rises():
    assert stays_near_then_rises(around(JUMP), 0.01).verdict == "confirmed"
    assert stays_near_then_rises(around(EVEN), 0.0).verdict == "refuted"
    assert stays_near_then_rises(around(JUMP + 0.5), 0.01).verdict == "refuted"
    assert stays_near_then_rises(wide(JUMP), 0.0).verdict == "undecided"
    assert (
        stays_near_then_rises(around(JUMP + 0.5, "overlap"), 0.5)
        .parts[0]
        .told.startswith("overlap minus its chance level, mean over the first 6 layers, is ")
    )


def test_rises_sharply():
    assert rises_sharply(around(JUMP)).verdict == "confirmed"
    assert rises_sharply(around(EVEN, noise=0.002)).verdict == "refuted"
    assert rises_sharply(profile([JUMP, EVEN])).verdict == "undecided"
    with pytest.raises(ArrayError, match="has 2 layers"):
        rises_sharply(profile([[0.0, 1.0]]))


@pytest.mark.parametrize("paired", [False, True])
def test_rises_more_sharply(paired):
    sharp, smooth = around(JUMP), around(EVEN, noise=0.002, seed=1)
    assert rises_more_sharply(sharp, smooth, paired=paired).verdict == "confirmed"
    assert rises_more_sharply(smooth, sharp, paired=paired).verdict == "refuted"
    assert rises_more_sharply(profile([JUMP, EVEN]), profile([EVEN, EVEN]), paired=paired).verdict == "undecided"


def test_networks_of_different_depth_are_compared_on_shared_depths():
    many = np.zeros(17)
    many[-1] = 1
    assert rises_more_sharply(profile([many] * 2), profile([EVEN] * 2)).effect == pytest.approx(1)
    with pytest.raises(ArrayError, match="cannot be paired"):
        rises_more_sharply(profile([JUMP]), profile([EVEN] * 2), paired=True)
