"""Claims about the number of layers over which half of the neighbours change."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nucleate.errors import ArrayError
from nucleate.studies.claims._alignment import contrast, index_of
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, decide


def layers_to_half(overlap: LayerProfile, reference: str) -> Float[np.ndarray, " repetitions"]:
    """Number of layers after a reference layer over which half of the neighbours change, in each repetition.

    The first place where the overlap with the reference is one half, read by linear interpolation between layers;
    infinite where it stays above one half to the last layer.

    Parameters
    ----------
    overlap : LayerProfile
        Neighbourhood overlap of each layer with the reference.
    reference : str
        Name of the reference layer: values before it are not looked at, its own overlap is 1.

    Raises
    ------
    UsageError
        When there is no such layer.
    ArrayError
        When it is the last one.

    Examples
    --------
    >>> layers, depths = ("a", "b", "c"), np.array([0, 0.5, 1])
    >>> layers_to_half(LayerProfile("overlap with a", layers, depths, np.array([[1.0, 0.6, 0.4]])), "a")
    array([1.5])
    """
    start = index_of(overlap, reference)
    if start == len(overlap.layers) - 1:
        raise ArrayError(f"{overlap.name}: {reference} is the last layer", "Choose an earlier reference")
    return np.array([_first_half(np.concatenate(([1.0], row[start + 1 :]))) for row in overlap.values])


def changes_faster(
    late: LayerProfile, early: LayerProfile, references: tuple[str, str], *, by: float = 0.0, paired: bool = True
) -> Finding:
    """Whether half of the neighbours change over fewer layers from one reference than from another (B, Fig. A.2).

    Effect: mean `layers_to_half` from the early reference minus that from the late one. Confirmed above `by` (0: any
    difference that is not chance); refuted when neighbours change over as many layers.

    Parameters
    ----------
    late, early : LayerProfile
        Neighbourhood overlap of each layer with the late, and with the early reference.
    references : tuple of two str
        Names of the late and of the early reference layer.
    by : float
    paired : bool
        Whether repetition i of both is the same network.

    Raises
    ------
    ArrayError
        When half of the neighbours never change in a repetition, so that no number of layers can be told; when a
        reference is the last layer; when paired profiles differ in repetitions.
    UsageError
        When there is no such layer.
    """
    lengths = []
    for profile, reference in zip((early, late), reversed(references), strict=True):
        length = layers_to_half(profile, reference)
        if np.isinf(length).any():
            raise ArrayError(
                f"{profile.name}: half of the neighbours of {reference} are still there in the last layer, in "
                f"repetition {np.flatnonzero(np.isinf(length))[0]}", "Choose an earlier reference",
            )  # fmt: skip
        lengths.append(length)
    what = (
        f"The number of layers that change half of the neighbours from {references[1]} minus that from {references[0]}"
    )
    return decide(contrast(*lengths, paired=paired), "above", by, what=what, unit="layers", of=late.repetitions)


def _first_half(overlap: Float[np.ndarray, " layers"]) -> float:
    below = np.flatnonzero(overlap <= 0.5)
    if not len(below):
        return float("inf")
    at = below[0]
    return float(at - 1 + (overlap[at - 1] - 0.5) / (overlap[at - 1] - overlap[at]))
