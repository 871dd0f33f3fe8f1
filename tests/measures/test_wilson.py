import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from nucleate.errors import UsageError
from nucleate.measures import wilson_interval


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.999))
def test_equals_scipy(counts, confidence):
    expected = binomtest(*counts).proportion_ci(confidence, method="wilson")
    assert wilson_interval(*counts, confidence=confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_ends_stay_in_range():
    assert wilson_interval(0, 5)[0] == 0.0
    assert wilson_interval(5, 5)[1] == 1.0
    assert 0 < wilson_interval(0, 5)[1] < 1


@pytest.mark.parametrize(
    ("arguments", "confidence", "message"),
    [((0, 0), 0.95, "0 successes in 0 trials"), ((3, 2), 0.95, "3 successes"), ((1, 2), 1.0, "confidence is 1.0")],
)
def test_bad_input(arguments, confidence, message):
    with pytest.raises(UsageError, match=message):
        wilson_interval(*arguments, confidence=confidence)
