from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.errors import ArrayError
from nucleate.studies.claims import (
    descent,
    one_rises_monotonically_the_other_not,
    rises_less_monotonically,
    rises_monotonically,
)
from support.layer_profiles import around, profile

STEADY = np.linspace(0.1, 0.9, 8)
ZIGZAG = [0.1, 0.4, 0.2, 0.5, 0.3, 0.6, 0.4, 0.7]
values = st.lists(st.integers(-100, 100), min_size=2, max_size=12)


@given(values)
def test_descent_equals_a_plain_sum(row):
    down = sum(max(0, one - other) for one, other in pairwise(row))
    total = sum(abs(one - other) for one, other in pairwise(row))
    letters = "".join(chr(200 + index) for index in range(len(row)))
    assert descent(profile([row], layers=letters))[0] == pytest.approx(down / total if total else 0)


@given(values, st.integers(-50, 50), st.integers(1, 9))
def test_descent_ignores_shift_and_scale_and_turns_with_the_network(row, shift, scale):
    letters = "".join(chr(200 + index) for index in range(len(row)))
    there = descent(profile([row], layers=letters))[0]
    assert descent(profile([np.array(row) * scale + shift], layers=letters))[0] == pytest.approx(there)
    if len(set(row)) > 1:
        assert descent(profile([row[::-1]], layers=letters))[0] == pytest.approx(1 - there)


def test_rises_monotonically():
    assert rises_monotonically(around(STEADY)).verdict == "confirmed"
    assert rises_monotonically(around(ZIGZAG)).verdict == "refuted"
    assert rises_monotonically(profile([STEADY, ZIGZAG])).verdict == "undecided"
    assert rises_monotonically(profile([STEADY])).verdict == "undecided"


def test_rises_less_monotonically():
    assert rises_less_monotonically(around(ZIGZAG), around(STEADY)).verdict == "confirmed"
    assert rises_less_monotonically(around(STEADY), around(ZIGZAG)).verdict == "refuted"
    assert rises_less_monotonically(profile([STEADY, ZIGZAG]), around(STEADY, seeds=2)).verdict == "undecided"
    assert rises_less_monotonically(around(ZIGZAG), profile([STEADY]), paired=False).verdict == "confirmed"
    with pytest.raises(ArrayError, match="cannot be paired"):
        rises_less_monotonically(around(ZIGZAG), profile([STEADY]))


def test_both_at_once():
    probe, clusters = around(STEADY, "probe accuracy"), around(ZIGZAG, "AMI")
    finding = one_rises_monotonically_the_other_not(probe, clusters)
    assert finding.verdict == "confirmed"
    assert finding.told.startswith("probe accuracy rises nearly monotonically, AMI does not: ")
    assert len(finding.parts) == 2
    assert one_rises_monotonically_the_other_not(clusters, probe).verdict == "refuted"
    assert one_rises_monotonically_the_other_not(probe, around(STEADY, seed=1)).verdict == "refuted"
