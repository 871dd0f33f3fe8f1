"""What claims about profiles share: the same depths, the same repetitions, a contrast between them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims._intervals import Estimate, difference_of_means, mean_of
from nucleate.studies.claims._profiles import LayerProfile

# Rounding must not move a layer at depth 2/3 from one side of two thirds to the other.
_ROUNDING = 1e-9


def on_shared_depths(a: LayerProfile, b: LayerProfile) -> tuple[LayerProfile, LayerProfile]:
    """Two profiles layer by layer, also where their networks have different layers.

    Profiles with the same layer names come back as they are. Otherwise both are read, by linear interpolation, at the
    depths of the one with fewer layers, as far as the other reaches.

    Raises
    ------
    ArrayError
        When the two share no range of depth.

    Examples
    --------
    >>> short = LayerProfile("short", ("a", "b"), np.array([0.0, 1.0]), np.array([[0.0, 1.0]]))
    >>> long = LayerProfile("long", ("p", "q", "r"), np.array([0.0, 0.5, 1.0]), np.array([[0.2, 0.9, 0.4]]))
    >>> on_shared_depths(short, long)[1].values
    array([[0.2, 0.4]])
    """
    if a.layers == b.layers:
        return a, b
    coarse, fine = (a, b) if len(a.layers) <= len(b.layers) else (b, a)
    kept = (coarse.depths >= fine.depths[0]) & (coarse.depths <= fine.depths[-1])
    if not kept.any():
        raise ArrayError(f"{a.name} and {b.name} share no depths", "Compare profiles of the whole network")
    layers = tuple(layer for layer, keep in zip(coarse.layers, kept, strict=True) if keep)
    depths = coarse.depths[kept]
    read = np.array([np.interp(depths, fine.depths, row) for row in fine.values])
    at_coarse = LayerProfile(coarse.name, layers, depths, coarse.values[:, kept], coarse.repetitions)
    at_fine = LayerProfile(fine.name, layers, depths, read, fine.repetitions)
    return (at_coarse, at_fine) if coarse is a else (at_fine, at_coarse)


def contrast(
    a: Float[np.ndarray, " repetitions"],
    b: Float[np.ndarray, " repetitions"],
    *,
    paired: bool,
    confidence: float = 0.95,
) -> Estimate:
    """Mean of `a` minus mean of `b`: of their differences where row i of both belongs together, else of two groups.

    Raises
    ------
    ArrayError
        When paired effects differ in number.

    Examples
    --------
    >>> contrast(np.array([0.5, 0.6]), np.array([0.2, 0.3]), paired=True).low
    0.3
    """
    if not paired:
        return difference_of_means(a, b, confidence=confidence)
    if len(a) != len(b):
        raise ArrayError(
            f"{len(a)} repetitions cannot be paired with {len(b)}", "Pass the same repetitions, or paired=False"
        )
    return mean_of(a - b, confidence=confidence)


def after(profile: LayerProfile, depth: float) -> Bool[np.ndarray, " layers"]:
    """Which layers lie at or after a depth; both sides must hold one.

    Raises
    ------
    UsageError
        When the depth is not between 0 and 1.
    ArrayError
        When no layer, or every layer, lies there.

    Examples
    --------
    >>> after(LayerProfile("one", ("a", "b"), np.array([0.0, 1.0]), np.array([[0.0, 1.0]])), 2 / 3)
    array([False,  True])
    """
    if not 0 < depth < 1:
        raise UsageError(f"{depth} is no depth inside a network", "Choose one between 0 and 1")
    late = np.asarray(profile.depths) >= depth - _ROUNDING
    if late.all() or not late.any():
        raise ArrayError(
            f"{profile.name}: {'every' if late.all() else 'no'} layer lies at or after depth {depth:.3g}",
            "Measure layers on both sides",
        )
    return late


def among(profile: LayerProfile, first: float, last: float) -> Bool[np.ndarray, " layers"]:
    """Which layers lie between two depths, ends included; one inside and one outside there must be.

    Raises
    ------
    UsageError
        When the two are not ascending between 0 and 1.
    ArrayError
        When no layer, or every layer, lies there.

    Examples
    --------
    >>> among(LayerProfile("one", ("a", "b"), np.array([0.0, 0.5]), np.array([[0.0, 1.0]])), 1 / 3, 2 / 3)
    array([False,  True])
    """
    if not 0 <= first < last <= 1:
        raise UsageError(f"{first} to {last} is no range of depth", "Choose two ascending numbers between 0 and 1")
    depths = np.asarray(profile.depths)
    inside = (depths >= first - _ROUNDING) & (depths <= last + _ROUNDING)
    if inside.all() or not inside.any():
        raise ArrayError(
            f"{profile.name}: {'every' if inside.all() else 'no'} layer lies between depths {first:.3g} and {last:.3g}",
            "Measure layers inside and outside",
        )
    return inside


def at_least_layers(profile: LayerProfile, needed: int) -> None:
    """Raise ArrayError when a profile has fewer layers than a claim needs."""
    if len(profile.layers) < needed:
        raise ArrayError(f"{profile.name} has {len(profile.layers)} layers", f"Measure at least {needed}")


def same_layers(*profiles: LayerProfile) -> None:
    """Raise ArrayError when profiles are not of the same layers."""
    for other in profiles[1:]:
        if other.layers != profiles[0].layers:
            raise ArrayError(f"{profiles[0].name} and {other.name} have different layers", "Measure the same layers")


def same_repetitions(*profiles: LayerProfile) -> None:
    """Raise ArrayError when profiles differ in the number of repetitions, and so cannot be of the same networks."""
    first = profiles[0]
    for other in profiles[1:]:
        if len(other.values) != len(first.values):
            raise ArrayError(
                f"{first.name} and {other.name} have {len(first.values)} and {len(other.values)} repetitions",
                "Measure both on the same networks",
            )


def index_of(profile: LayerProfile, layer: str) -> int:
    """Place of a named layer.

    Raises
    ------
    UsageError
        When the profile has no such layer.
    """
    if layer not in profile.layers:
        raise UsageError(f"{profile.name} has no layer {layer!r}", f"Choose one of {', '.join(profile.layers)}")
    return profile.layers.index(layer)


def number_of(layers: np.ndarray) -> str:
    """How many layers a mask names, in words.

    Examples
    --------
    >>> number_of(np.array([True, False]))
    '1 layer'
    """
    count = int(layers.sum())
    return "1 layer" if count == 1 else f"{count} layers"
