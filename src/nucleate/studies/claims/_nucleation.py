"""Claims that a measure stays where it is for most of the depth and then jumps."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nucleate.errors import UsageError
from nucleate.studies.claims._alignment import after, at_least_layers, contrast, on_shared_depths
from nucleate.studies.claims._intervals import mean_of
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide

_UNIT = "share of the rise"


def late_rise(profile: LayerProfile, *, last: float = 0.25) -> Float[np.ndarray, " repetitions"]:
    r"""Share of each repetition's rise that falls into the last part of the depth.

    .. math:: \frac{v_{end} - v(d)}{v_{end} - \min_l v_l}

    with v(d) read by linear interpolation at the depth d where the last part of the profile's own range begins. An even
    rise gives `last`. 0 for a profile whose last value is its lowest: it has not risen.

    Raises
    ------
    UsageError
        When `last` is not between 0 and 1.

    Examples
    --------
    >>> late_rise(LayerProfile("AMI", ("a", "b", "c"), np.array([0.0, 0.75, 1.0]), np.array([[0.0, 0.1, 1.0]])))
    array([0.9])
    """
    if not 0 < last < 1:
        raise UsageError(f"the last {last} is no part of a network", "Choose a share between 0 and 1")
    begin, end = profile.depths[0], profile.depths[-1]
    before = np.array([np.interp(end - last * (end - begin), profile.depths, row) for row in profile.values])
    final = profile.values[:, -1]
    rise = final - profile.values.min(axis=1)
    return np.divide(final - before, rise, out=np.zeros_like(rise), where=rise > 0)


def rises_at_end(profile: LayerProfile, *, share: float = 0.5, last: float = 0.25) -> Finding:
    """Whether most of a profile's rise falls into the last part of the depth (B, Fig. 2: chi^{l,gt}, chi^{l,out}).

    Effect: mean `late_rise`. Confirmed above `share`: more than half of the rise in the last quarter, twice what an
    even rise has there. Refuted when the whole interval lies at or below it.

    Raises
    ------
    UsageError
        As `late_rise`.

    Examples
    --------
    >>> values = np.array([[0.0, 0.0, 0.0, 0.1, 0.7], [0.0, 0.0, 0.0, 0.12, 0.7]])
    >>> rises_at_end(LayerProfile("overlap", tuple("abcde"), np.linspace(0, 1, 5), values)).verdict
    'confirmed'
    """
    what = f"The share of the rise of {profile.name} in the last {100 * last:.3g} % of the depth"
    estimate = mean_of(late_rise(profile, last=last))
    return decide(estimate, "above", share, what=what, unit=_UNIT, of=profile.repetitions)


def stays_near_then_rises(
    profile: LayerProfile,
    chance: float,
    *,
    tolerance: float = 0.1,
    share: float = 0.5,
    last: float = 0.25,
    unit: str = "overlap",
) -> Finding:
    """Whether a profile stays near a level and then jumps at the end (B, Fig. 2: nucleation).

    Conjunction: the mean over the layers before the `last` part of the depth differs from `chance` by at most
    `tolerance` (0.1: the published curves reach that before the transition), and `rises_at_end`.

    Parameters
    ----------
    profile : LayerProfile
    chance : float
        What the measure is when neighbours are drawn at random, or 0.
    tolerance, share, last : float
    unit : str

    Raises
    ------
    ArrayError
        When no layer lies before or in the last part.
    UsageError
        As `late_rise`.
    """
    early = ~after(profile, 1 - last)
    what = f"{profile.name} minus its chance level, mean over the first {early.sum()} layers,"
    parts = [
        decide(mean_of(profile.values[:, early].mean(axis=1) - chance), "within", tolerance, what=what, unit=unit,
               of=profile.repetitions),
        rises_at_end(profile, share=share, last=last),
    ]  # fmt: skip
    return all_of(parts, f"{profile.name} stays near chance, then jumps")


def sharpness(profile: LayerProfile) -> Float[np.ndarray, " repetitions"]:
    r"""How much of each repetition's rise happens in its largest single step.

    .. math:: \frac{s - 1/(L - 1)}{1 - 1/(L - 1)}, \qquad s = \frac{\max_l (v_{l+1} - v_l)}{\max_l v_l - \min_l v_l}

    1 when one step is all, 0 for L - 1 even steps, whatever the number of layers. A constant profile has s = 0.

    Raises
    ------
    ArrayError
        When there are fewer than three layers.

    Examples
    --------
    >>> sharpness(LayerProfile("AMI", ("a", "b", "c"), np.array([0, 0.5, 1]), np.array([[0, 0, 1.0], [0, 0.5, 1]])))
    array([1., 0.])
    """
    at_least_layers(profile, 3)
    steps = np.diff(profile.values, axis=1).max(axis=1)
    scale = np.ptp(profile.values, axis=1)
    largest = np.divide(np.maximum(steps, 0), scale, out=np.zeros_like(scale), where=scale > 0)
    even = 1 / (len(profile.layers) - 1)
    return np.asarray((largest - even) / (1 - even))


def rises_sharply(profile: LayerProfile, *, above: float = 0.25) -> Finding:
    """Whether a profile rises in a jump rather than evenly (B, Fig. 2: one to two layers make the transition).

    Effect: mean `sharpness`. Confirmed above `above`: a quarter of the way from an even rise to a single step. Refuted
    when the whole interval lies at or below it.

    Raises
    ------
    ArrayError
        When there are fewer than three layers.
    """
    what = f"The sharpness of {profile.name} (0 an even rise, 1 a single step)"
    estimate = mean_of(sharpness(profile)).clipped(-np.inf, 1)
    return decide(estimate, "above", above, what=what, unit="sharpness", of=profile.repetitions)


def rises_more_sharply(a: LayerProfile, b: LayerProfile, *, by: float = 0.1, paired: bool = False) -> Finding:
    """Whether `a` rises more sharply than `b` (B, Figs A.3 and A.4: overlap and linear CKA, ImageNet and MNIST).

    Effect: mean `sharpness` of `a` minus that of `b`, on shared depths. Confirmed above `by`, a tenth of the way from
    an even rise to a single step. Refuted when `b` is as sharp.

    Raises
    ------
    ArrayError
        When no depths are shared, fewer than three are, or paired profiles differ in repetitions.

    Examples
    --------
    >>> layers, depths = ("a", "b", "c"), np.array([0, 0.5, 1])
    >>> overlap = LayerProfile("overlap", layers, depths, np.array([[0, 0.1, 1.0], [0, 0.11, 1.0]]))
    >>> cka = LayerProfile("CKA", layers, depths, np.array([[0, 0.5, 1.0], [0, 0.52, 1.0]]))
    >>> rises_more_sharply(overlap, cka, paired=True).verdict
    'confirmed'
    """
    first, second = on_shared_depths(a, b)
    what = f"The sharpness of {a.name} minus that of {b.name}"
    estimate = contrast(sharpness(first), sharpness(second), paired=paired)
    return decide(estimate, "above", by, what=what, unit="sharpness", of=a.repetitions)
