"""Copies of a sample, counted once in neighbour graphs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int
from numba import njit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nucleate.clusters.hierarchical import by_first_appearance
from nucleate.errors import ArrayError
from nucleate.neighbors import Neighbors


def collapse(neighbors: Neighbors) -> tuple[Neighbors, Int[np.ndarray, " n"]]:
    """The graph of distinct samples, and which of them each row is a copy of.

    Distinct samples are numbered by their first row. Their lists keep as many neighbours as the shortest list has left
    once copies are dropped, so that all densities rest on the same k.

    Raises
    ------
    ArrayError
        When some list holds nothing but copies: there must be more neighbours than copies of any one sample.
    """
    rows, ranks = np.nonzero(neighbors.distances == 0)
    copies = coo_array(
        (np.ones(len(rows), np.int8), (rows, neighbors.indices[rows, ranks])), shape=(neighbors.n, neighbors.n)
    )
    sample = by_first_appearance(connected_components(copies, directed=False)[1])
    first = np.unique(sample, return_index=True)[1]
    targets, distances = sample[neighbors.indices[first]], neighbors.distances[first]
    order = np.lexsort((targets, distances), axis=-1)
    targets, distances = np.take_along_axis(targets, order, axis=1), np.take_along_axis(distances, order, axis=1)
    counts = _keep_distinct(targets, distances)
    if counts.min() == 0:
        row = int(first[np.argmin(counts)])
        raise ArrayError(
            f"all {neighbors.k} neighbours of row {row} are copies of it", "Search for more neighbours than copies"
        )
    k = counts.min()
    return Neighbors(targets[:, :k].copy(), distances[:, :k].copy()), sample


@njit(cache=True, nogil=True)
def _keep_distinct(targets, distances):  # type: ignore[no-untyped-def]
    """Move the first mention of each other sample to the front of every row, in place; how many there are."""
    counts = np.zeros(len(targets), np.int64)
    mentioned_by = np.full(len(targets), -1)
    for row in range(len(targets)):
        mentioned_by[row] = row  # a sample is no neighbour of itself
        for t in range(targets.shape[1]):
            target = targets[row, t]
            if mentioned_by[target] != row:
                mentioned_by[target] = row
                targets[row, counts[row]] = target
                distances[row, counts[row]] = distances[row, t]
                counts[row] += 1
    return counts
