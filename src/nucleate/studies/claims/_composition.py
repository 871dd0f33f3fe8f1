"""Claims about what density peaks hold (Doimo et al. 2020, Figures 4a and A.5)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nucleate.studies.claims._alignment import at_least_layers
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, exceeds


def is_one_peak_inside(largest: LayerProfile, *, share: float = 0.9, by: float = 0.05) -> Finding:
    """Whether nearly all samples belong to one peak somewhere inside the network, and to fewer at its ends.

    Conjunction, at the interior layer of highest mean: the share is above `share` (0.9: what little stands aside makes
    no second mode), and above that of the first and of the last layer by more than `by`.

    Parameters
    ----------
    largest : LayerProfile
        Share of the samples that belong to the most populous peak.
    share, by : float

    Raises
    ------
    ArrayError
        When there are fewer than three layers.

    Examples
    --------
    >>> values = np.array([[0.6, 0.99, 0.1], [0.59, 0.98, 0.1], [0.61, 0.99, 0.11]])
    >>> layers, depths = ("a", "b", "c"), np.array([0.0, 0.5, 1.0])
    >>> is_one_peak_inside(LayerProfile("the share in the largest peak", layers, depths, values)).verdict
    'confirmed'
    """
    at_least_layers(largest, 3)
    at = 1 + int(largest.mean[1:-1].argmax())
    top, of, name = largest.values[:, at], largest.repetitions, largest.name
    where = f"{name} at {largest.layers[at]}"
    parts = [
        exceeds(top, share, what=where[0].upper() + where[1:], of=of),
        exceeds(top - largest.values[:, 0], by, what=f"The same minus that at {largest.layers[0]}", of=of),
        exceeds(top - largest.values[:, -1], by, what=f"The same minus that at {largest.layers[-1]}", of=of),
    ]
    return all_of(parts, "There is one peak inside the network, and there are several at its ends")


def breaks_up_by_kind(
    kin: Float[np.ndarray, " classes"],
    before: Float[np.ndarray, " classes"],
    after: Float[np.ndarray, " classes"],
    *,
    by: float = 0.05,
    of: str = "classes",
) -> Finding:
    """Whether peaks hold related classes at first, and single classes later.

    Conjunction: `kin` is above `by`, and `after` minus `before` is.

    Parameters
    ----------
    kin : (classes,)
        Share of relatives among the samples of other classes in the same peak, minus their share among all samples of
        other classes, at a layer of the transition.
    before, after : (classes,)
        Share of the class among the other samples in the same peak, before and after the transition.
    by : float
    of : str

    Examples
    --------
    >>> breaks_up_by_kind(np.array([0.3, 0.31]), np.array([0.1, 0.12]), np.array([0.6, 0.63])).verdict
    'confirmed'
    """
    parts = [
        exceeds(kin, by, what="The excess of relatives among samples of other classes in a peak", of=of),
        exceeds(after - before, by, what="The rise of the share of its own class around a sample of a peak", of=of),
    ]
    return all_of(parts, "Peaks hold related classes first, and single classes later")
