"""The claim that ordered and disordered neighbourhoods coexist at a transition (Doimo et al. 2020, Figure 2b)."""

from __future__ import annotations

from nucleate.studies.claims._alignment import index_of, same_layers
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, exceeds, falls_below


def coexist_at(disordered: LayerProfile, ordered: LayerProfile, layer: str, *, share: float = 0.1) -> Finding:
    """Whether two kinds of samples coexist at a layer, the first layer lacking one kind and the last the other.

    Conjunction: at `layer` both shares are above `share` (0.1: enough of a histogram to be seen as a mode of its own);
    at the first layer that of the ordered samples, and at the last that of the disordered ones, is below it.

    Parameters
    ----------
    disordered, ordered : LayerProfile
        Shares of samples.
    layer : str
    share : float

    Raises
    ------
    ArrayError
        When the two differ in layers.
    UsageError
        When they have no such layer.

    Examples
    --------
    >>> import numpy as np
    >>> layers, depths = ("a", "b", "c"), np.array([0.0, 0.5, 1.0])
    >>> down = LayerProfile("disordered samples", layers, depths, np.array([[0.9, 0.5, 0.0], [0.9, 0.52, 0.0]]))
    >>> up = LayerProfile("ordered samples", layers, depths, np.array([[0.0, 0.3, 0.9], [0.0, 0.31, 0.9]]))
    >>> coexist_at(down, up, "b").verdict
    'confirmed'
    """
    same_layers(disordered, ordered)
    here, of = index_of(ordered, layer), ordered.repetitions
    first, last = ordered.layers[0], ordered.layers[-1]
    parts = [
        exceeds(disordered.values[:, here], share, what=f"The share of {disordered.name} at {layer}", of=of),
        exceeds(ordered.values[:, here], share, what=f"The share of {ordered.name} at {layer}", of=of),
        falls_below(ordered.values[:, 0], share, what=f"The share of {ordered.name} at {first}", of=of),
        falls_below(disordered.values[:, -1], share, what=f"The share of {disordered.name} at {last}", of=of),
    ]
    return all_of(parts, f"{disordered.name.capitalize()} and {ordered.name} coexist at {layer}, not at the ends")
