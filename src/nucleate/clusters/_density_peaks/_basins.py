"""Density peaks before any merging, and the basin of samples that climb to each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numba import njit

from nucleate.neighbors import Neighbors


@dataclass(frozen=True, eq=False)
class Basins:
    """A partition of all samples into basins, numbered from the densest peak down.

    Attributes
    ----------
    labels : (n,) int32
        Basin of each sample.
    centers : (basins,) int64
        The sample at the peak of each basin.
    order : (n,) int64
        All samples, densest first; equal densities in order of index.
    """

    labels: Int[np.ndarray, " n"]
    centers: Int[np.ndarray, " basins"]
    order: Int[np.ndarray, " n"]


def basins(neighbors: Neighbors) -> Basins:
    """Find the density peaks and let every other sample join its nearest denser neighbour.

    A sample is a peak if (I) none of its neighbours is denser and (II) no denser sample has it as a neighbour. Denser
    means a smaller distance to the k-th neighbour, then a smaller index, so that labels are total whatever ties there
    are. Takes O(n log n + n k).
    """
    indices = np.ascontiguousarray(neighbors.indices)
    order = np.argsort(neighbors.distances[:, -1], kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    parent = _climb(indices, np.ascontiguousarray(neighbors.distances), rank)
    labels = _label(parent, order)
    return Basins(labels, order[parent[order] < 0], order)


@njit(cache=True, nogil=True)
def _climb(indices, distances, rank):  # type: ignore[no-untyped-def]
    """The nearest denser neighbour of each sample, -1 for peaks."""
    n, k = indices.shape
    parent = np.full(n, -1, np.int64)
    for i in range(n):
        for t in range(k):
            if rank[indices[i, t]] < rank[i]:
                parent[i] = indices[i, t]
                break
    # Property II decides only where ties at the edge of a neighbourhood, or an approximate search, broke the symmetry.
    seen_by = np.full(n, -1, np.int64)
    nearest = np.full(n, np.inf)
    for j in range(n):
        for t in range(k):
            i = indices[j, t]
            if parent[i] < 0 and rank[j] < rank[i]:
                closer = distances[j, t] < nearest[i]
                if closer or (distances[j, t] == nearest[i] and rank[j] < rank[seen_by[i]]):
                    seen_by[i] = j
                    nearest[i] = distances[j, t]
    for i in range(n):
        if parent[i] < 0:
            parent[i] = seen_by[i]
    return parent


@njit(cache=True, nogil=True)
def _label(parent, order):  # type: ignore[no-untyped-def]
    labels = np.empty(len(parent), np.int32)
    peaks = 0
    for i in order:
        if parent[i] < 0:
            labels[i] = peaks
            peaks += 1
        else:
            labels[i] = labels[parent[i]]
    return labels
