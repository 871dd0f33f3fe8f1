"""Claims about humps and dips inside a network: a measure that rises and falls again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from nucleate.errors import UsageError
from nucleate.studies.claims._alignment import at_least_layers, index_of, same_layers, same_repetitions
from nucleate.studies.claims._intervals import mean_of
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide, exceeds


def has_hump(profile: LayerProfile, *, by: float = 0.05, unit: str = "score") -> Finding:
    """Whether a profile rises inside the network and falls again (B, Figs A.4 and 4b: intrinsic dimension, ARI macro).

    Effect: the value at the interior peak minus the higher of the two ends. The peak's layer is chosen, for each
    repetition, by the mean of the *others*: the maximum of noise would otherwise stand above the ends by itself.
    Confirmed above `by`, which is in the profile's unit: 0.05 suits a score between 0 and 1, give a number of
    dimensions for an intrinsic dimension. Refuted when an end is as high.

    Raises
    ------
    ArrayError
        When the profile has fewer than three layers.

    Examples
    --------
    >>> values = np.array([[0.0, 0.22, 0.0], [0.01, 0.2, 0.0]])
    >>> has_hump(LayerProfile("ARI macro", ("a", "b", "c"), np.array([0, 0.5, 1]), values)).verdict
    'undecided'
    """
    peaks = _held_out_peak(profile, profile.values)
    heights = profile.values[np.arange(len(peaks)), peaks] - profile.values[:, [0, -1]].max(axis=1)
    what = f"The height of {profile.name} inside the network above its higher end"
    return exceeds(heights, by, what=what, unit=unit, of=profile.repetitions)


def dips_below(profile: LayerProfile, level: LayerProfile, *, by: float = 0.0, unit: str = "score") -> Finding:
    """Whether a profile has a minimum inside the network, below a level (B, Fig. 3: neighbourhood entropy, shuffled).

    Conjunction: at the interior minimum (its layer chosen as in `has_hump`), the profile lies below both ends, and
    below `level` at that layer, by more than `by` (0: entropies of shuffled neighbours hardly vary, so that any
    difference that is not chance counts).

    Raises
    ------
    ArrayError
        When the two differ in layers or repetitions, or have fewer than three layers.
    """
    same_layers(profile, level)
    same_repetitions(profile, level)
    dips = _held_out_peak(profile, -profile.values)
    rows = np.arange(len(dips))
    lowest = profile.values[rows, dips]
    ends = profile.values[:, [0, -1]].min(axis=1) - lowest
    under = level.values[rows, dips] - lowest
    minimum = f"the minimum of {profile.name} inside the network"
    parts = [
        exceeds(ends, by, what=f"The lower end minus {minimum}", unit=unit, of=profile.repetitions),
        exceeds(under, by, what=f"{level.name} minus {minimum}", unit=unit, of=profile.repetitions),
    ]
    return all_of(parts, f"{profile.name} has a minimum inside the network, below {level.name}")


def dips_at(profile: LayerProfile, layers: Sequence[str], *, by: float = 0.05, unit: str = "overlap") -> Finding:
    """Whether a profile is lower at each of the named layers than elsewhere (B, Fig. 2a: chi^{l,l+1}).

    Conjunction over the named layers: the mean of all layers that are not named minus the value there is above `by`
    (0.05: neighbourhoods of next layers elsewhere share 0.95 of their members).

    Raises
    ------
    UsageError
        When no layer is named, or all are, or one does not exist.
    """
    named = [index_of(profile, layer) for layer in layers]
    elsewhere = np.setdiff1d(np.arange(len(profile.layers)), named)
    if not named or not len(elsewhere):
        raise UsageError(
            f"{profile.name}: {len(named)} of {len(profile.layers)} layers are named",
            "Name some, and leave some to compare them with",
        )
    usual = profile.values[:, elsewhere].mean(axis=1)
    parts = [
        exceeds(usual - profile.values[:, at], by, what=f"The dip of {profile.name} at {profile.layers[at]}", unit=unit,
                of=profile.repetitions) for at in named
    ]  # fmt: skip
    return all_of(parts, f"{profile.name} dips at {', '.join(layers)}")


def rises_after_peak_of(rising: LayerProfile, humped: LayerProfile, *, share: float = 0.5) -> Finding:
    """Whether one profile rises where another falls (B, Fig. 4b: ARI class after the peak of ARI macro).

    Effect: the part of the rise of `rising`, from its minimum to its last layer, that comes after the maximum of
    `humped` in the same repetition. Confirmed above `share`, more than half. 0 for a profile that does not rise.

    Raises
    ------
    ArrayError
        When the two differ in layers or repetitions.
    """
    same_layers(rising, humped)
    same_repetitions(rising, humped)
    at_peak = rising.values[np.arange(len(rising.values)), humped.values.argmax(axis=1)]
    end = rising.values[:, -1]
    rise = end - rising.values.min(axis=1)
    shares = np.divide(end - at_peak, rise, out=np.zeros_like(rise), where=rise > 0)
    what = f"The share of the rise of {rising.name} that comes after the peak of {humped.name}"
    return exceeds(shares, share, what=what, unit="share of the rise", of=rising.repetitions)


def falls_as_other_rises(humped: LayerProfile, rising: LayerProfile, *, by: float = 0.05, unit: str = "ARI") -> Finding:
    """Whether one profile rises and falls, and another rises afterwards: `has_hump` and `rises_after_peak_of`.

    Raises
    ------
    ArrayError
        As these two.
    """
    parts = [has_hump(humped, by=by, unit=unit), rises_after_peak_of(rising, humped)]
    return all_of(parts, f"{humped.name} rises and falls, {rising.name} rises afterwards")


def merges_then_splits(counts: LayerProfile, *, at_most: int = 2) -> Finding:
    """Whether the number of density peaks falls to a few and rises again (B, Fig. 4a: one peak in the middle).

    Conjunction over the interior layer with the fewest peaks (chosen as in `has_hump`): there are no more than
    `at_most` there, fewer than in the first layer, and fewer than in the last. Two are allowed since a handful of
    points may stand aside from the one peak.

    Raises
    ------
    ArrayError
        When the profile has fewer than three layers.
    """
    fewest = _held_out_peak(counts, -counts.values)
    middle = counts.values[np.arange(len(fewest)), fewest]
    smallest = f"The smallest number of {counts.name} inside the network"
    parts = [
        decide(mean_of(middle).clipped(0, np.inf), "below", at_most + 0.5, what=smallest, of=counts.repetitions),
        exceeds(counts.values[:, 0] - middle, 0, what=f"The first minus {smallest[0].lower()}{smallest[1:]}",
                of=counts.repetitions),
        exceeds(counts.values[:, -1] - middle, 0, what=f"The last minus {smallest[0].lower()}{smallest[1:]}",
                of=counts.repetitions),
    ]  # fmt: skip
    return all_of(parts, f"The number of {counts.name} falls to at most {at_most} and rises again")


def _held_out_peak(
    profile: LayerProfile, values: Float[np.ndarray, "repetitions layers"]
) -> Int[np.ndarray, " repetitions"]:
    """Interior layer where the mean of all other repetitions is highest; of the only one, where there is one."""
    at_least_layers(profile, 3)
    interior = values[:, 1:-1]
    others = interior.sum(axis=0) - interior if len(interior) > 1 else interior
    return np.asarray(1 + others.argmax(axis=1))
