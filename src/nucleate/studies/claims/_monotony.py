"""Claims that a score rises along depth without going back, or that it does not."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nucleate.studies.claims._alignment import contrast
from nucleate.studies.claims._intervals import mean_of
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide

_UNIT = "share of all change"


def descent(profile: LayerProfile) -> Float[np.ndarray, " repetitions"]:
    r"""Share of each repetition's change from layer to layer that goes down.

    .. math:: \frac{\sum_l \max(0, v_l - v_{l+1})}{\sum_l |v_{l+1} - v_l|}

    0 for a profile that never falls (a constant one too), 1 for one that never rises.

    Examples
    --------
    >>> descent(LayerProfile("probe", ("a", "b", "c"), np.array([0, 0.5, 1]), np.array([[0.0, 0.3, 0.2]])))
    array([0.25])
    """
    steps = np.diff(profile.values, axis=1)
    total = np.abs(steps).sum(axis=1)
    down = -np.minimum(steps, 0).sum(axis=1)
    return np.divide(down, total, out=np.zeros_like(total), where=total > 0)


def rises_monotonically(profile: LayerProfile, *, at_most: float = 0.1) -> Finding:
    """Whether a profile rises nearly monotonically with depth (A, Figs 1 and D.9: linear-probe accuracy).

    Effect: mean `descent`. Confirmed when it is below `at_most`: a tenth of the change going back is what "nearly"
    allows. A profile that wanders gives one half. Refuted when the whole interval lies at or above the bound.

    Examples
    --------
    >>> values = np.array([[0.1, 0.2, 0.3], [0.1, 0.25, 0.3]])
    >>> rises_monotonically(LayerProfile("probe", ("a", "b", "c"), np.array([0, 0.5, 1]), values)).verdict
    'confirmed'
    """
    what = f"The share of all change along depth that goes down, in {profile.name},"
    estimate = mean_of(descent(profile)).clipped(0, 1)
    return decide(estimate, "below", at_most, what=what, unit=_UNIT, of=profile.repetitions)


def rises_less_monotonically(a: LayerProfile, b: LayerProfile, *, by: float = 0.05, paired: bool = True) -> Finding:
    """Whether `a` goes back more than `b` does (A, Figs 1 and D.9: cluster scores against probe accuracy).

    Effect: mean `descent` of `a` minus that of `b`, by default paired: both measured on the same networks. Confirmed
    above `by`: a twentieth of all change, about one small setback over a network. Refuted when `a` goes back as little
    as `b`.

    Raises
    ------
    ArrayError
        When paired profiles differ in repetitions.

    Examples
    --------
    >>> layers, depths = ("a", "b", "c"), np.array([0, 0.5, 1])
    >>> probe = LayerProfile("probe accuracy", layers, depths, np.array([[0.1, 0.2, 0.3], [0.1, 0.25, 0.3]]))
    >>> clusters = LayerProfile("AMI", layers, depths, np.array([[0.1, 0.3, 0.2], [0.1, 0.31, 0.2]]))
    >>> rises_less_monotonically(clusters, probe).verdict
    'confirmed'
    """
    what = f"The share of all change along depth that goes down, in {a.name} minus in {b.name},"
    estimate = contrast(descent(a), descent(b), paired=paired).clipped(-1, 1)
    return decide(estimate, "above", by, what=what, unit=_UNIT, of=a.repetitions)


def one_rises_monotonically_the_other_not(steady: LayerProfile, wandering: LayerProfile) -> Finding:
    """Whether one measure rises nearly monotonically and the other does not (A, Figs 1 and D.9).

    Conjunction of `rises_monotonically` of the first and `rises_less_monotonically` of the second against it, on the
    same networks.

    Raises
    ------
    ArrayError
        When the profiles differ in repetitions.
    """
    return all_of(
        [rises_monotonically(steady), rises_less_monotonically(wandering, steady)],
        f"{steady.name} rises nearly monotonically, {wandering.name} does not",
    )
