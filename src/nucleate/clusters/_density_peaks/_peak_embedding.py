"""A map of density peaks in the plane."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from nucleate.clusters._density_peaks._saddles import Saddles

_LANDMARKS = 64


def layout(
    saddles: Saddles, peak_log_density: Float[np.ndarray, " peaks"], missing: float
) -> Float[np.ndarray, "peaks 2"]:
    """Place peaks so that their distances follow the dissimilarity max(log rho) - log rho(saddle).

    Peaks that do not touch are as far apart as the shortest way over saddles, at most the dissimilarity
    of a saddle at log rho = `missing`. Landmark scaling (de Silva & Tenenbaum, 2004): up to 64 peaks, spread as
    widely as possible, are placed by classical scaling and the others by their distances to them, so memory is linear
    in the peaks. Each axis is turned so that its outermost peak is on the positive side.
    """
    peaks = len(peak_log_density)
    highest = float(peak_log_density.max())
    length = np.maximum(highest - saddles.log_density, np.finfo(float).tiny)  # csgraph takes zero for no edge
    low, high = saddles.pairs.T
    graph = coo_array((length, (low, high)), shape=(peaks, peaks)).tocsr()
    landmarks, squared = _landmarks(graph, highest - missing)
    mean = squared[landmarks].mean(axis=0)
    inner = (mean[:, None] + mean - squared[landmarks] - mean.mean()) / 2
    strength, axes = np.linalg.eigh(inner)
    positions = np.zeros((peaks, 2))
    for column, axis in enumerate(range(len(landmarks) - 1, max(len(landmarks) - 3, -1), -1)):
        if strength[axis] > 1e-9 * strength[-1]:
            along = (mean - squared) @ axes[:, axis] / (2 * np.sqrt(strength[axis]))
            positions[:, column] = along * np.sign(along[np.argmax(np.abs(along))])
    return positions


def _landmarks(
    graph: csr_array, farthest: float
) -> tuple[Int[np.ndarray, " landmarks"], Float[np.ndarray, "peaks landmarks"]]:
    """Peaks far from one another, the densest first, and the squared distances of all peaks to them."""
    peaks = graph.shape[0]
    chosen: list[int] = []
    columns: list[np.ndarray] = []
    nearest = np.full(peaks, np.inf)
    for _ in range(min(_LANDMARKS, peaks)):
        chosen.append(int(np.argmax(nearest)))
        columns.append(np.minimum(dijkstra(graph, directed=False, indices=chosen[-1]), farthest))
        nearest = np.minimum(nearest, columns[-1])
        nearest[chosen[-1]] = -1
    return np.array(chosen), np.stack(columns, axis=1) ** 2
