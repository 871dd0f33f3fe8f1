"""Verdicts on claims: confirmed, refuted or undecided, by where the whole interval of the effect lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nucleate.errors import UsageError
from nucleate.studies.claims._intervals import Estimate, difference_of_means, mean_of

Verdict = Literal["confirmed", "refuted", "undecided"]
Relation = Literal["above", "below", "within"]

_ASKED: dict[Relation, str] = {
    "above": "the claim asks for more than {}",
    "below": "the claim asks for less than {}",
    "within": "the claim asks for at most {} either way",
}


@dataclass(frozen=True, repr=False)
class Finding:
    """What an experiment found out about a claim.

    Attributes
    ----------
    verdict : {"confirmed", "refuted", "undecided"}
    effect : float
        Mean over the repetitions.
    low, high : float or None
        Ends of the effect's interval; None where no spread can be estimated.
    threshold : float
        The smallest effect that counts, or the bound it must stay below or within.
    unit : str
        What the effect is, as in "AMI", "Spearman correlation", "share of the depth".
    repetitions : int
        How many there were, in the smaller group of two.
    of : str
        What the repetitions are, in plural.
    told : str
        One plain sentence with the numbers.
    relation : {"above", "below", "within"}
        How the effect had to lie to the threshold.
    confidence : float
        Of the interval: 0.95, or more where several are looked at together.
    parts : tuple of Finding
        What a conjunction or an alternative is made of.
    """

    verdict: Verdict
    effect: float
    low: float | None
    high: float | None
    threshold: float
    unit: str
    repetitions: int
    of: str
    told: str
    relation: Relation = "above"
    confidence: float = 0.95
    parts: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        ends = "" if self.low is None or self.high is None else f", {number(self.low)} to {number(self.high)}"
        return f"Finding({self.verdict}: {number(self.effect)}{ends}; {self.relation} {number(self.threshold)})"


def decide(
    estimate: Estimate, relation: Relation, threshold: float, *, what: str, unit: str = "", of: str = "seeds"
) -> Finding:
    """The verdict on a claim about an effect, from the effect's interval.

    ======== ======================================== ====================================
    relation confirmed                                refuted
    ======== ======================================== ====================================
    above    low > threshold                          high <= threshold
    below    high < threshold                         low >= threshold
    within   low >= -threshold and high <= threshold  low > threshold or high < -threshold
    ======== ======================================== ====================================

    Everything else is undecided, an effect without an interval always. With 95 % intervals a wrong verdict in either
    direction has a probability of at most 2.5 % ("within" is two one-sided tests at that level).

    Parameters
    ----------
    estimate : Estimate
    relation : {"above", "below", "within"}
    threshold : float
    what : str
        The effect in words: the sentence goes on "is 0.21 AMI (0.15 to 0.27, 3 seeds)".
    unit : str
        Left out of the sentence where `what` names it already.
    of : str
        What the repetitions are, in plural.

    Raises
    ------
    UsageError
        For an unknown relation, a threshold that is not finite, or a negative tolerance.

    Examples
    --------
    >>> decide(mean_of([0.20, 0.22, 0.24]), "above", 0.02, what="The gap", unit="AMI").told
    'The gap is 0.22 AMI (0.17 to 0.27, 3 seeds); the claim asks for more than 0.02.'
    """
    if relation not in _ASKED:
        raise UsageError(f"unknown relation {relation!r}", f"Choose one of {', '.join(_ASKED)}")
    if not math.isfinite(threshold) or (relation == "within" and threshold < 0):
        raise UsageError(f"the threshold is {threshold}", "Choose a finite number, and a tolerance of at least 0")
    named = f" {unit}" if unit and unit.lower() not in what.lower() else ""
    asked = _ASKED[relation].format(number(threshold))
    return Finding(
        verdict=_verdict(estimate.low, estimate.high, relation, threshold),
        effect=estimate.mean,
        low=estimate.low,
        high=estimate.high,
        threshold=float(threshold),
        unit=unit,
        repetitions=min(estimate.counts),
        of=of,
        told=f"{what} is {number(estimate.mean)}{named} ({_certainty(estimate, of)}); {asked}.",
        relation=relation,
        confidence=estimate.confidence,
    )


def exceeds(effects: Any, threshold: float, *, what: str, unit: str = "", of: str = "seeds") -> Finding:
    """Whether the mean effect lies above a threshold; `effects` holds one (paired) effect per repetition.

    Examples
    --------
    >>> exceeds([0.20, 0.22, 0.24], 0.02, what="The gap")
    Finding(confirmed: 0.22, 0.17 to 0.27; above 0.02)
    >>> exceeds([0.2], 0.02, what="The gap").told
    'The gap is 0.2 (a single repetition: more seeds are needed to decide); the claim asks for more than 0.02.'
    """
    return decide(mean_of(effects), "above", threshold, what=what, unit=unit, of=of)


def falls_below(effects: Any, threshold: float, *, what: str, unit: str = "", of: str = "seeds") -> Finding:
    """Whether the mean effect lies below a threshold.

    Examples
    --------
    >>> falls_below([0.20, 0.22, 0.24], 0.1, what="The descent")
    Finding(refuted: 0.22, 0.17 to 0.27; below 0.1)
    """
    return decide(mean_of(effects), "below", threshold, what=what, unit=unit, of=of)


def within(effects: Any, tolerance: float, *, what: str, unit: str = "", of: str = "seeds") -> Finding:
    """Whether the mean effect is nothing that counts: equivalence to zero, up to a tolerance.

    Examples
    --------
    >>> within([-0.01, 0.0, 0.01], 0.05, what="The difference")
    Finding(confirmed: 0, -0.025 to 0.025; within 0.05)
    """
    return decide(mean_of(effects), "within", tolerance, what=what, unit=unit, of=of)


def exceeds_between(a: Any, b: Any, threshold: float, *, what: str, unit: str = "", of: str = "seeds") -> Finding:
    """Whether the mean of group `a` lies above that of the independent group `b` by more than a threshold.

    The groups are taken to vary equally, so that one of them may have a single member.

    Examples
    --------
    >>> exceeds_between([0.50, 0.52, 0.51], [0.2], 0.02, what="The gap")
    Finding(confirmed: 0.31, 0.26 to 0.36; above 0.02)
    """
    return decide(difference_of_means(a, b), "above", threshold, what=what, unit=unit, of=of)


def within_between(a: Any, b: Any, tolerance: float, *, what: str, unit: str = "", of: str = "seeds") -> Finding:
    """Whether the means of two independent groups are the same, up to a tolerance.

    Examples
    --------
    >>> within_between([0.50, 0.51], [0.50, 0.51], 0.1, what="The difference").verdict
    'confirmed'
    """
    return decide(difference_of_means(a, b), "within", tolerance, what=what, unit=unit, of=of)


def all_of(findings: Sequence[Finding], told: str) -> Finding:
    """Conjunction: confirmed if all parts are, refuted if any is, else undecided.

    No part is corrected for the others. A conjunction is wrongly confirmed only where a false part is, so at most in
    2.5 % of cases, however many parts there are. It is wrongly refuted when any true part is: of m parts, in at most
    m times 2.5 % of cases.

    Parameters
    ----------
    findings : sequence of Finding
        The numbers reported are those of the part that decides: the first refuted one, else the first undecided one,
        else the first.
    told : str
        The whole claim in words; what was found of each part follows.

    Raises
    ------
    UsageError
        When there is no part.

    Examples
    --------
    >>> high, low = exceeds([3, 4, 5], 0, what="a"), exceeds([-3, -4, -5], 0, what="b")
    >>> all_of([high, low], "Both are positive").verdict
    'refuted'
    """
    return _joined(findings, told, ("refuted", "undecided", "confirmed"))


def any_of(findings: Sequence[Finding], told: str) -> Finding:
    """Alternative: confirmed if any part is, refuted if all are, else undecided.

    Several chances to be confirmed need wider intervals: give the parts a confidence of 1 - 0.05/m. The numbers
    reported are those of the first confirmed part, else of the first undecided one, else of the first.

    Raises
    ------
    UsageError
        When there is no part.

    Examples
    --------
    >>> high, low = exceeds([3, 4, 5], 0, what="a"), exceeds([-3, -4, -5], 0, what="b")
    >>> any_of([high, low], "One is positive").verdict
    'confirmed'
    """
    return _joined(findings, told, ("confirmed", "undecided", "refuted"))


def number(value: float) -> str:
    """A number as sentences and tables show it: three digits, nothing smaller than a thousandth.

    Examples
    --------
    >>> number(0.21347), number(-1e-12), number(12.0)
    ('0.213', '0', '12')
    """
    return f"{round(value, 3) + 0.0:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _joined(findings: Sequence[Finding], told: str, order: tuple[Verdict, ...]) -> Finding:
    if not findings:
        raise UsageError(f"{told}: there is nothing to join", "Pass at least one finding")
    deciding = min(findings, key=lambda finding: order.index(finding.verdict))
    return Finding(
        verdict=deciding.verdict,
        effect=deciding.effect,
        low=deciding.low,
        high=deciding.high,
        threshold=deciding.threshold,
        unit=deciding.unit,
        repetitions=deciding.repetitions,
        of=deciding.of,
        told=f"{told}: " + " ".join(finding.told for finding in findings),
        relation=deciding.relation,
        confidence=deciding.confidence,
        parts=tuple(findings),
    )


def _verdict(low: float | None, high: float | None, relation: Relation, threshold: float) -> Verdict:
    if low is None or high is None:
        return "undecided"
    low, high = _snapped(low, threshold), _snapped(high, threshold)
    if relation == "above":
        holds, fails = low > threshold, high <= threshold
    elif relation == "below":
        holds, fails = high < threshold, low >= threshold
    else:
        holds, fails = -threshold <= low and high <= threshold, low > threshold or high < -threshold
    return "confirmed" if holds else "refuted" if fails else "undecided"


def _snapped(end: float, threshold: float) -> float:
    """An end on a threshold but for rounding, put onto it: equal repetitions have intervals without width."""
    for bound in (threshold, -threshold):
        if math.isclose(end, bound, rel_tol=1e-12, abs_tol=1e-12):
            return bound
    return end


def _certainty(estimate: Estimate, of: str) -> str:
    if estimate.low is None or estimate.high is None:
        alone = "a single repetition" if max(estimate.counts) == 1 else "no spread can be told"
        return f"{alone}: more {of} are needed to decide"
    first, *others = estimate.counts
    groups = f"{first} {of} each" if others == [first] else f"{' and '.join(map(str, estimate.counts))} {of}"
    sure = "" if estimate.confidence == 0.95 else f" with {100 * estimate.confidence:.3g} % confidence"
    return f"{number(estimate.low)} to {number(estimate.high)}{sure}, {groups}"
