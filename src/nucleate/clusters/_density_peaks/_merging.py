"""Which density peaks are significant: the merges of peaks, and the threshold at which each happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nucleate.clusters._density_peaks._saddles import Saddles
from nucleate.clusters.hierarchical import by_first_appearance


@dataclass(frozen=True, eq=False, repr=False)
class Merges:
    """How long each peak persists: the merges in order of the threshold that brings them about.

    Attributes
    ----------
    absorbed : (merges,) int64
        The sample at the lower of the two peaks, which ends.
    saddles : (merges,) int64
        The sample at the saddle between them.
    thresholds : (merges,) float64
        log rho(absorbed peak) - log rho(saddle), ascending. Every threshold above it makes this merge.
    pairs : (merges, 2) int32
        The basins that touch there, by the number of their peak (densest first) before any merging.
    """

    absorbed: Int[np.ndarray, " merges"]
    saddles: Int[np.ndarray, " merges"]
    thresholds: Float[np.ndarray, " merges"]
    pairs: Int[np.ndarray, "merges 2"]

    def __len__(self) -> int:
        return len(self.absorbed)

    def __repr__(self) -> str:
        spread = f", thresholds={self.thresholds[0]:.3g}..{self.thresholds[-1]:.3g}" if len(self) else ""
        return f"Merges({len(self)}{spread})"

    def groups(self, peaks: int, threshold: float) -> Int[np.ndarray, " peaks"]:
        """The group that each of `peaks` peaks belongs to once all merges below `threshold` are made, int32.

        Groups are numbered by their densest peak, from the densest down.
        """
        made = np.searchsorted(self.thresholds, threshold, side="left")
        low, high = self.pairs[:made].T
        joined = coo_array((np.ones(made, np.int8), (low, high)), shape=(peaks, peaks))
        return by_first_appearance(connected_components(joined, directed=False)[1])


def merges(saddles: Saddles, centers: Int[np.ndarray, " peaks"], log_density: Float[np.ndarray, " n"]) -> Merges:
    """Join peaks over their saddles, densest saddle first; each join ends the lower of the two peaks.

    At threshold T the published procedure takes, again and again, the densest saddle over which some peak rises by less
    than T, and lets the lower peak be absorbed by the higher. A peak that survives every saddle above some density
    rises by at least T over all lower ones too, so the peaks absorbed at T are those that the full sequence absorbs
    over a rise below T: one pass answers every T. Takes O(s log s) for s saddles.
    """
    made, absorbed = _join(saddles.pairs, len(centers))
    thresholds = log_density[centers[absorbed]] - saddles.log_density[made]
    order = np.argsort(thresholds, kind="stable")
    made, absorbed = made[order], absorbed[order]
    return Merges(centers[absorbed], saddles.samples[made], thresholds[order], saddles.pairs[made])


@njit(cache=True, nogil=True)
def _join(pairs, peaks):  # type: ignore[no-untyped-def]
    """Union by order of `pairs`: which of them join two groups, and the peak that ends in each."""
    root = np.arange(peaks, dtype=np.int32)
    made = np.empty(peaks, np.int64)
    absorbed = np.empty(peaks, np.int32)
    count = 0
    for saddle in range(len(pairs)):
        low, high = pairs[saddle, 0], pairs[saddle, 1]
        while root[low] != low:
            root[low] = root[root[low]]
            low = root[low]
        while root[high] != high:
            root[high] = root[root[high]]
            high = root[high]
        if low != high:  # the root is the densest peak of its group: it has the smallest number
            made[count] = saddle
            absorbed[count] = max(low, high)
            root[max(low, high)] = min(low, high)
            count += 1
    return made[:count], absorbed[:count]
