"""Where basins of the density touch, and how dense it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from nucleate.clusters._density_peaks._basins import Basins
from nucleate.neighbors import Neighbors

Border = Literal["nearest", "any"]


@dataclass(frozen=True, eq=False, repr=False)
class Saddles:
    """The saddle of each pair of peaks that touch, densest first.

    Attributes
    ----------
    pairs : (saddles, 2) int32
        The two peaks, the denser (smaller number) first.
    samples : (saddles,) int64
        The border sample of highest density.
    log_density : (saddles,) float64
        Its log density.
    """

    pairs: Int[np.ndarray, "saddles 2"]
    samples: Int[np.ndarray, " saddles"]
    log_density: Float[np.ndarray, " saddles"]

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        return f"Saddles({len(self)} pairs)"

    def between(self, groups: Int[np.ndarray, " peaks"]) -> Saddles:
        """The saddles that are left when peaks are joined into groups: the densest of each pair of groups."""
        joined = np.sort(groups[self.pairs], axis=1)
        rows = _first_of_each_pair(joined[:, 0], joined[:, 1])
        rows = rows[joined[rows, 0] != joined[rows, 1]]
        return Saddles(joined[rows].astype(np.int32), self.samples[rows], self.log_density[rows])


def saddles(neighbors: Neighbors, basins: Basins, log_density: Float[np.ndarray, " n"], border: Border) -> Saddles:
    """Find the saddle of each pair of basins that touch.

    Sample p of basin c is on the border with basin c' if it has a neighbour q in c' such that p is the first sample of
    c in q's list, or that list has no sample of c. With `border="nearest"` only the nearest q outside c is tried, and
    peaks are no border samples; with "any" all q are tried, of all p. The saddle is the densest border sample of either
    basin. Memory is linear in the neighbours; time is O(n k) for "nearest", O(n k^2) at most for "any".
    """
    indices = np.ascontiguousarray(neighbors.indices)
    own, other, samples = _borders(indices, basins.labels, basins.centers, border == "any")
    rank = np.empty(len(basins.order), np.int64)
    rank[basins.order] = np.arange(len(rank))
    low, high = np.minimum(own, other), np.maximum(own, other)
    densest = np.lexsort((high, low, rank[samples]))
    rows = densest[_first_of_each_pair(low[densest], high[densest])]
    return Saddles(np.stack([low[rows], high[rows]], axis=1), samples[rows], log_density[samples[rows]])


def _first_of_each_pair(low: Int[np.ndarray, " m"], high: Int[np.ndarray, " m"]) -> Int[np.ndarray, " pairs"]:
    """Where each pair of numbers is met first, ascending."""
    keys = low.astype(np.int64) << 32 | high
    return np.sort(np.unique(keys, return_index=True)[1])


@njit(cache=True, nogil=True)
def _borders(indices, basin, centers, every):  # type: ignore[no-untyped-def]
    """All border samples: their basin, the basin across, the sample."""
    n, k = indices.shape
    excluded = np.zeros(n, np.bool_)
    most = n
    if not every:
        excluded[centers] = True
    else:
        most = 0
        for p in range(n):
            for t in range(k):
                most += basin[indices[p, t]] != basin[p]
    own, other, samples = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int64)
    count = 0
    for p in range(n):
        if excluded[p]:
            continue
        for t in range(k):
            q = indices[p, t]
            if basin[q] != basin[p]:
                if _meets_first(p, indices[q], basin):
                    own[count], other[count], samples[count] = basin[p], basin[q], p
                    count += 1
                if not every:
                    break
    return own[:count], other[:count], samples[:count]


@njit(cache=True, nogil=True)
def _meets_first(p, neighbors_of_q, basin):  # type: ignore[no-untyped-def]
    """Whether a list names `p` before all others of its basin, or names none of them."""
    for m in neighbors_of_q:
        if basin[m] == basin[p]:
            return m == p
    return True
