"""Claims about the maximum of a profile: where it is, how high it is."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nucleate.studies.claims._alignment import contrast, index_of
from nucleate.studies.claims._intervals import mean_of
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide

_UNIT = "share of the depth"


def peak_depth(profile: LayerProfile) -> Float[np.ndarray, " repetitions"]:
    """Depth of each repetition's maximum, the first where there are several.

    Examples
    --------
    >>> peak_depth(LayerProfile("AMI", ("a", "b", "c"), np.array([0, 0.5, 1]), np.array([[0.0, 0.3, 0.2]])))
    array([0.5])
    """
    return np.asarray(profile.depths, np.float64)[profile.values.argmax(axis=1)]


def peaks_after(profile: LayerProfile, *, depth: float = 0.9) -> Finding:
    """Whether a profile peaks after a depth (A, Fig. 7: ResNet peaks at the end).

    Effect: mean `peak_depth`. Confirmed above `depth`: the last tenth is "the end" of sixteen blocks. Refuted when the
    whole interval lies before.

    Examples
    --------
    >>> values = np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.25]])
    >>> peaks_after(LayerProfile("ResNet", ("a", "b", "c"), np.array([0, 0.5, 1]), values)).verdict
    'confirmed'
    """
    what = f"The place of the maximum of {profile.name}, as a share of the depth,"
    estimate = mean_of(peak_depth(profile)).clipped(0, 1)
    return decide(estimate, "above", depth, what=what, unit=_UNIT, of=profile.repetitions)


def peaks_at(profile: LayerProfile, layer: str, *, off_by: float = 1.0) -> Finding:
    """Whether a profile peaks at a named layer (A, Figs 7 and G.1: VGG peaks at its first dense layer, fc6).

    Effect: mean distance, in layers, between each repetition's maximum and the named layer. Confirmed below `off_by`:
    less than one layer off, on average. Refuted when the whole interval lies at one layer or more.

    Raises
    ------
    UsageError
        When the profile has no such layer.

    Examples
    --------
    >>> values = np.array([[0.1, 0.3, 0.2], [0.1, 0.4, 0.2]])
    >>> peaks_at(LayerProfile("VGG", ("conv", "fc6", "fc7"), np.array([0, 0.5, 1]), values), "fc6").verdict
    'confirmed'
    """
    distance = np.abs(profile.values.argmax(axis=1) - index_of(profile, layer))
    what = f"The distance, in layers, of the maximum of {profile.name} from {layer}"
    estimate = mean_of(distance).clipped(0, np.inf)
    return decide(estimate, "below", off_by, what=what, unit="layers", of=profile.repetitions)


def peaks_earlier(a: LayerProfile, b: LayerProfile, *, by: float = 0.0, paired: bool = False) -> Finding:
    """Whether `a` peaks earlier than `b` (A, Fig. 7: VGG with normalisation and without).

    Effect: mean `peak_depth` of `b` minus that of `a`. Confirmed above `by` (0: any shift that is not chance counts).
    Refuted when `a` peaks at the same depth or later.

    Raises
    ------
    ArrayError
        When paired profiles differ in repetitions.
    """
    what = f"The place of the maximum of {b.name} minus that of {a.name}, as a share of the depth,"
    estimate = contrast(peak_depth(b), peak_depth(a), paired=paired).clipped(-1, 1)
    return decide(estimate, "above", by, what=what, unit=_UNIT, of=a.repetitions)


def peaks_higher(
    a: LayerProfile, b: LayerProfile, *, by: float = 0.02, paired: bool = False, unit: str = "score"
) -> Finding:
    """Whether the maximum of `a` is higher than that of `b` (A, Figs 7 and G.1: ResNet, ViT).

    Effect: mean over repetitions of the maximum over layers, of `a` minus of `b`; the places do not matter. (Noise
    lifts the maximum of many layers a little more than that of few.) Confirmed above `by`, 0.02 of a score between 0
    and 1. Refuted when `b` reaches as high.

    Raises
    ------
    ArrayError
        When paired profiles differ in repetitions.

    Examples
    --------
    >>> resnet = LayerProfile("ResNet", ("a", "b"), np.array([0.0, 1.0]), np.array([[0.1, 0.5], [0.1, 0.52]]))
    >>> vit = LayerProfile("ViT", ("p",), np.array([0.5]), np.array([[0.3], [0.31]]))
    >>> peaks_higher(resnet, vit, unit="AMI").verdict
    'confirmed'
    """
    what = f"The maximum of {a.name} minus that of {b.name}"
    estimate = contrast(a.values.max(axis=1), b.values.max(axis=1), paired=paired)
    return decide(estimate, "above", by, what=what, unit=unit, of=a.repetitions)


def peaks_equally_high(
    a: LayerProfile, b: LayerProfile, *, tolerance: float = 0.02, paired: bool = False, unit: str = "score"
) -> Finding:
    """Whether the maxima of two profiles are the same, up to a tolerance.

    Effect: as `peaks_higher`. Confirmed when the interval lies within `tolerance`, refuted when outside.

    Raises
    ------
    ArrayError
        When paired profiles differ in repetitions.
    """
    what = f"The maximum of {a.name} minus that of {b.name}"
    estimate = contrast(a.values.max(axis=1), b.values.max(axis=1), paired=paired)
    return decide(estimate, "within", tolerance, what=what, unit=unit, of=a.repetitions)


def peaks_earlier_not_higher(
    a: LayerProfile, b: LayerProfile, *, tolerance: float = 0.02, paired: bool = False, unit: str = "score"
) -> Finding:
    """Whether the maximum of `a` is that of `b`, only earlier (A, Fig. 7: batch norm in VGG).

    Conjunction of `peaks_equally_high` and `peaks_earlier`.

    Raises
    ------
    ArrayError
        When paired profiles differ in repetitions.
    """
    parts = [
        peaks_equally_high(a, b, tolerance=tolerance, paired=paired, unit=unit),
        peaks_earlier(a, b, paired=paired),
    ]
    return all_of(parts, f"{a.name} peaks as high as {b.name}, only earlier")
