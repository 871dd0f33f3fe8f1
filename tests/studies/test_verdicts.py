import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims._intervals import Estimate
from nucleate.studies.claims._verdicts import (
    all_of,
    any_of,
    decide,
    exceeds,
    exceeds_between,
    falls_below,
    number,
    within,
    within_between,
)

HIGH, LOW, OPEN = [0.30, 0.31, 0.32], [-0.30, -0.31, -0.32], [-0.5, 0.1, 0.7]
effects = st.lists(st.floats(-10, 10).map(lambda value: round(value, 2)), min_size=2, max_size=6)


@pytest.mark.parametrize(
    ("low", "high", "above", "below", "equal"),
    [
        (0.6, 0.8, "confirmed", "refuted", "refuted"),
        (0.5, 0.8, "undecided", "refuted", "undecided"),
        (0.4, 0.6, "undecided", "undecided", "undecided"),
        (0.3, 0.5, "refuted", "undecided", "confirmed"),
        (-0.5, 0.5, "refuted", "undecided", "confirmed"),
        (-0.8, 0.8, "undecided", "undecided", "undecided"),
        (-0.8, -0.6, "refuted", "confirmed", "refuted"),
        (0.5, 0.5, "refuted", "refuted", "confirmed"),
        (None, None, "undecided", "undecided", "undecided"),
    ],
)
def test_where_the_interval_lies(low, high, above, below, equal):
    estimate = Estimate(0.0, low, high, (3,))
    verdicts = [decide(estimate, relation, 0.5, what="It").verdict for relation in ("above", "below", "within")]
    assert verdicts == [above, below, equal]


@given(effects, st.floats(-10, 10))
def test_exceeds_agrees_with_the_t_test(values, threshold):
    assume(np.ptp(values) > 0.005)
    higher = ttest_1samp(values, threshold, alternative="greater").pvalue
    assume(min(abs(higher - 0.025), abs(higher - 0.975)) > 1e-9)
    expected = "confirmed" if higher < 0.025 else "refuted" if higher > 0.975 else "undecided"
    assert exceeds(values, threshold, what="It").verdict == expected


@given(effects, st.floats(0.01, 10))
def test_within_is_two_one_sided_tests(values, tolerance):
    assume(np.ptp(values) > 0.005)
    above = ttest_1samp(values, -tolerance, alternative="greater").pvalue
    below = ttest_1samp(values, tolerance, alternative="less").pvalue
    assume(abs(max(above, below) - 0.025) > 1e-9)
    assert (within(values, tolerance, what="It").verdict == "confirmed") == (max(above, below) < 0.025)


@given(effects, st.floats(-5, 5), st.floats(0.1, 5))
def test_shift_scale_and_sign_of_effects_and_threshold(values, shift, scale):
    assume(np.ptp(values) > 0.005)
    low, high = exceeds(values, 0, what="It").low, exceeds(values, 0, what="It").high
    assume(min(abs(low - 1), abs(high - 1)) > 1e-6)
    verdict = exceeds(values, 1, what="It").verdict
    assert exceeds(np.array(values) + shift, 1 + shift, what="It").verdict == verdict
    assert exceeds(np.array(values) * scale, scale, what="It").verdict == verdict
    assert falls_below(-np.array(values), -1, what="It").verdict == verdict


def test_a_claim_and_its_opposite_are_never_both_decided_alike():
    for values in (HIGH, LOW, OPEN):
        verdicts = Counter([exceeds(values, 0, what="It").verdict, falls_below(values, 0, what="It").verdict])
        assert verdicts in (Counter(confirmed=1, refuted=1), Counter(undecided=2))


def test_wrong_verdicts_are_as_rare_as_told():
    """At the threshold itself, each wrong verdict has a probability of 2.5 %."""
    samples = np.random.default_rng(0).normal(size=(4000, 3))
    verdicts = Counter(exceeds(sample, 0, what="It").verdict for sample in samples)
    assert verdicts["confirmed"] / 4000 == pytest.approx(0.025, abs=0.008)
    assert verdicts["refuted"] / 4000 == pytest.approx(0.025, abs=0.008)


def test_finding_tells_what_it_holds():
    finding = exceeds([0.20, 0.22, 0.24], 0.02, what="The gap", unit="AMI")
    assert (finding.verdict, finding.threshold, finding.unit, finding.of) == ("confirmed", 0.02, "AMI", "seeds")
    assert (finding.repetitions, finding.relation, finding.confidence, finding.parts) == (3, "above", 0.95, ())
    assert finding.effect == pytest.approx(0.22)
    assert finding.told == "The gap is 0.22 AMI (0.17 to 0.27, 3 seeds); the claim asks for more than 0.02."
    assert repr(finding) == "Finding(confirmed: 0.22, 0.17 to 0.27; above 0.02)"


def test_unit_is_told_once():
    assert "is 0.31 (" in exceeds(HIGH, 0, what="The AMI of all", unit="AMI").told


def test_one_repetition_is_undecided_and_says_so():
    finding = exceeds([5.0], 0, what="The gap", of="subsamples")
    assert (finding.verdict, finding.low, finding.high, finding.repetitions) == ("undecided", None, None, 1)
    assert "a single repetition: more subsamples are needed to decide" in finding.told
    assert repr(finding) == "Finding(undecided: 5; above 0)"
    assert exceeds_between([5.0], [1.0], 0, what="The gap").verdict == "undecided"


def test_between_groups():
    assert exceeds_between(HIGH, LOW, 0.1, what="It").verdict == "confirmed"
    assert exceeds_between(HIGH, [-0.3], 0.1, what="It").verdict == "confirmed"
    assert exceeds_between(LOW, HIGH, 0.1, what="It").verdict == "refuted"
    assert exceeds_between(OPEN, HIGH, 0.1, what="It").verdict == "undecided"
    assert within_between(HIGH, HIGH, 0.1, what="It").verdict == "confirmed"
    assert within_between(HIGH, LOW, 0.1, what="It").verdict == "refuted"
    assert within_between(OPEN, HIGH, 0.1, what="It").verdict == "undecided"
    finding = exceeds_between(HIGH, LOW[:2], 0.1, what="It")
    assert finding.repetitions == 2
    assert "3 and 2 seeds" in finding.told
    assert "3 seeds each" in exceeds_between(HIGH, LOW, 0.1, what="It").told


def test_rounding_does_not_decide():
    beside = 0.1 + 1e-16 + 0.2 - 0.3  # a rounding error above 0
    assert beside > 0
    assert exceeds([beside, beside], 0, what="It").verdict == "refuted"
    assert within([0.5 + beside] * 2, 0.5, what="It").verdict == "confirmed"
    assert within([-0.5 - beside] * 2, 0.5, what="It").verdict == "confirmed"


def test_equal_effects_decide_by_themselves():
    assert exceeds([0.1, 0.1, 0.1], 0.1, what="It").verdict == "refuted"
    assert exceeds([0.2, 0.2], 0.1, what="It").verdict == "confirmed"
    assert within([0.1, 0.1, 0.1], 0.1, what="It").verdict == "confirmed"


@pytest.mark.parametrize(
    ("parts", "conjunction", "alternative"),
    [
        ([HIGH, HIGH], "confirmed", "confirmed"),
        ([HIGH, OPEN], "undecided", "confirmed"),
        ([HIGH, LOW], "refuted", "confirmed"),
        ([OPEN, LOW], "refuted", "undecided"),
        ([OPEN, OPEN], "undecided", "undecided"),
        ([LOW, LOW], "refuted", "refuted"),
    ],
)
def test_joined(parts, conjunction, alternative):
    for order in (1, -1):
        findings = [exceeds(part, 0, what="It") for part in parts[::order]]
        assert all_of(findings, "Both").verdict == conjunction
        assert any_of(findings, "Either").verdict == alternative
        assert all_of(findings, "Both").parts == tuple(findings)


def test_joined_numbers_are_those_that_decide():
    first, second = exceeds(HIGH, 0.01, what="The first"), falls_below(OPEN, 0.02, what="The second", unit="layers")
    both = all_of([first, second], "Both")
    assert (both.effect, both.low, both.threshold, both.unit, both.relation) == (
        second.effect, second.low, 0.02, "layers", "below",
    )  # fmt: skip
    assert both.told == f"Both: {first.told} {second.told}"
    assert any_of([second, first], "Either").effect == first.effect


def test_confidence_other_than_usual_is_told():
    told = decide(Estimate(0.5, 0.4, 0.6, (3,), 0.99), "above", 0, what="It").told
    assert "0.4 to 0.6 with 99 % confidence, 3 seeds" in told


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (-1e-9, "0"), (0.2134, "0.213"), (12.345, "12.3"), (-0.05, "-0.05"), (1234.5, "1234")]
)
def test_numbers(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: exceeds([math.nan, 1], 0, what="It"), ArrayError),
        (lambda: exceeds([], 0, what="It"), ArrayError),
        (lambda: exceeds([1, 2], math.inf, what="It"), UsageError),
        (lambda: within([1, 2], -0.1, what="It"), UsageError),
        (lambda: decide(Estimate(0, 0, 0, (2,)), "beside", 0, what="It"), UsageError),
        (lambda: all_of([], "Nothing"), UsageError),
        (lambda: any_of([], "Nothing"), UsageError),
    ],
)
def test_named_errors(call, error):
    with pytest.raises(error):
        call()
