"""Claims that one profile lies above another, or on it, along the whole depth or at its end."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nucleate.studies.claims._alignment import (
    after,
    contrast,
    number_of,
    on_shared_depths,
    same_layers,
    same_repetitions,
)
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide


def lies_above(
    a: LayerProfile, b: LayerProfile, *, by: float = 0.02, paired: bool = False, unit: str = "score"
) -> Finding:
    """Whether `a` lies above `b` along depth (A, Figs 2 and E.1: shuffled above natural superclasses).

    Effect: mean over shared depths of a - b. Confirmed above `by`: 0.02 of a score between 0 and 1 is about the width
    of a line in the published figures. Refuted when the whole interval lies at or below it.

    Parameters
    ----------
    a, b : LayerProfile
        Of networks with the same layers, or of others: then at shared relative depths.
    by : float
    paired : bool
        Whether repetition i of both belongs together: the same network, measured twice.
    unit : str
        What the profiles' values are.

    Raises
    ------
    ArrayError
        When no depths are shared, or paired profiles differ in repetitions.

    Examples
    --------
    >>> layers, depths = ("a", "b"), np.array([0.0, 1.0])
    >>> shuffled = LayerProfile("shuffled", layers, depths, np.array([[0.3, 0.5], [0.3, 0.52]]))
    >>> natural = LayerProfile("natural", layers, depths, np.array([[0.1, 0.2], [0.1, 0.22]]))
    >>> lies_above(shuffled, natural, unit="AMI")
    Finding(confirmed: 0.25, 0.22 to 0.28; above 0.02)
    """
    first, second = on_shared_depths(a, b)
    estimate = contrast(first.values.mean(axis=1), second.values.mean(axis=1), paired=paired)
    what = f"{a.name} minus {b.name}, mean over {len(first.layers)} layers,"
    return decide(estimate, "above", by, what=what, unit=unit, of=a.repetitions)


def differs_most_near_output(
    a: LayerProfile,
    b: LayerProfile,
    *,
    by: float = 0.02,
    last: float = 1 / 3,
    paired: bool = False,
    unit: str = "score",
) -> Finding:
    """Whether the gap between `a` and `b` is largest near the output (A, Figs 2 and E.1).

    Effect: mean of a - b over the layers in the `last` part of the depth, minus its mean over the layers before.
    Confirmed above `by`; refuted when the gap is as wide, or wider, before.

    Raises
    ------
    ArrayError
        As `lies_above`, and when no layer lies in either part.
    """
    first, second = on_shared_depths(a, b)
    late = after(first, 1 - last)
    weights = np.where(late, 1 / late.sum(), -1 / (~late).sum())
    estimate = contrast(first.values @ weights, second.values @ weights, paired=paired)
    what = (
        f"{a.name} minus {b.name} over the last {number_of(late)}, minus the same over the {number_of(~late)} before,"
    )
    return decide(estimate, "above", by, what=what, unit=unit, of=a.repetitions)


def lies_above_most_near_output(
    a: LayerProfile, b: LayerProfile, *, by: float = 0.02, paired: bool = False, unit: str = "score"
) -> Finding:
    """Whether `a` lies above `b`, most near the output: `lies_above` and `differs_most_near_output`.

    Raises
    ------
    ArrayError
        As these two.
    """
    parts = [
        lies_above(a, b, by=by, paired=paired, unit=unit),
        differs_most_near_output(a, b, by=by, paired=paired, unit=unit),
    ]
    return all_of(parts, f"{a.name} lies above {b.name}, most near the output")


def lies_on(
    a: LayerProfile, b: LayerProfile, *, tolerance: float = 0.02, paired: bool = False, unit: str = "score"
) -> Finding:
    r"""Whether two profiles are the same along depth, up to a tolerance.

    Effect: with s_l the sign of the difference of means at layer l, the mean over layers of
    :math:`s_l (\bar a_l - \bar b_l)`, that is the mean absolute difference of the mean profiles: curves that cross do
    not cancel. Noise adds to it: equality is confirmed with caution, and the interval's lower end is lowered by as much
    as noise can add, sqrt(2/pi) times its root mean square. Confirmed when the interval lies within `tolerance` (0.02,
    the width of a line in the published figures); refuted when it lies outside.

    Raises
    ------
    ArrayError
        As `lies_above`.
    """
    first, second = on_shared_depths(a, b)
    return _same_over(first, second, np.ones(len(first.layers), bool), tolerance=tolerance, paired=paired, unit=unit)


def drops_only_at_end(
    a: LayerProfile,
    b: LayerProfile,
    *,
    tolerance: float = 0.02,
    by: float = 0.02,
    last: float = 1 / 5,
    paired: bool = False,
    unit: str = "score",
) -> Finding:
    """Whether `a` equals `b` except in the last layers, where it drops (A, Figs 4 and F.2: squared error, softmax).

    Conjunction: the profiles are the same (as in `lies_on`) before the `last` part of the depth, and the mean of b - a
    over the layers in it is above `by`. The last fifth is three of ResNet-50's sixteen blocks, its last stage. Refuted
    when they differ before, or when there is no drop.

    Raises
    ------
    ArrayError
        As `differs_most_near_output`.
    """
    first, second = on_shared_depths(a, b)
    late = after(first, 1 - last)
    drop = contrast(second.values[:, late].mean(axis=1), first.values[:, late].mean(axis=1), paired=paired)
    what = f"{b.name} minus {a.name} over the last {number_of(late)}"
    parts = [
        _same_over(first, second, ~late, tolerance=tolerance, paired=paired, unit=unit),
        decide(drop, "above", by, what=what, unit=unit, of=a.repetitions),
    ]
    return all_of(parts, f"{a.name} equals {b.name} except in the last layers, where it drops")


def lies_closer(
    a: LayerProfile, b: LayerProfile, target: LayerProfile, *, by: float = 0.02, unit: str = "score"
) -> Finding:
    """Whether `a` lies closer to `target` than `b` does (B, Fig. A.3: narrow Gaussian and linear CKA, chi^{l,out}).

    Effect: mean over layers of |b - target| - |a - target|, in each repetition: all three are measured on the same
    networks. Confirmed above `by`; refuted when `b` is as close.

    Raises
    ------
    ArrayError
        When the three differ in layers or repetitions.
    """
    same_layers(a, b, target)
    same_repetitions(a, b, target)
    distance_a, distance_b = (np.abs(one.values - target.values).mean(axis=1) for one in (a, b))
    what = f"The mean distance of {b.name} from {target.name} minus that of {a.name}"
    return decide(contrast(distance_b, distance_a, paired=True), "above", by, what=what, unit=unit, of=a.repetitions)


def _same_over(
    a: LayerProfile, b: LayerProfile, layers: np.ndarray, *, tolerance: float, paired: bool, unit: str
) -> Finding:
    difference = (a.mean - b.mean)[layers]
    weights = np.where(difference < 0, -1, 1) / len(difference)
    estimate = contrast(a.values[:, layers] @ weights, b.values[:, layers] @ weights, paired=paired)
    if estimate.low is not None:
        noise = _mean_absolute_noise(a.values[:, layers], b.values[:, layers], paired=paired)
        estimate = replace(estimate, low=max(0.0, estimate.low - noise))
    where = "" if layers.all() else "the first "
    what = f"The mean distance between {a.name} and {b.name} over {where}{number_of(layers)}"
    return decide(estimate, "within", tolerance, what=what, unit=unit, of=a.repetitions)


def _mean_absolute_noise(a: np.ndarray, b: np.ndarray, *, paired: bool) -> float:
    """What a normal error of the difference of means adds, at most, to its absolute value, mean over layers."""
    if paired:
        variance = (a - b).var(axis=0, ddof=1) / len(a)
    else:
        squares = np.square(a - a.mean(axis=0)).sum(axis=0) + np.square(b - b.mean(axis=0)).sum(axis=0)
        variance = squares / (len(a) + len(b) - 2) * (1 / len(a) + 1 / len(b))
    return math.sqrt(2 / math.pi * variance.mean())
