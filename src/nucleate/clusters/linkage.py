"""Agglomerative clustering: Ward, average, complete and single linkage."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from nucleate.arrays import as_matrix
from nucleate.clusters import nearest_neighbor_chain as chain
from nucleate.clusters.distances import RELATIVE_ERROR, squared_distances
from nucleate.clusters.linear_memory import ward_in_linear_memory
from nucleate.clusters.tree import Tree, sorted_linkage
from nucleate.errors import ArrayError
from nucleate.suggestions import did_you_mean

Linkage = Literal["ward", "average", "complete", "single"]

# Beyond, Ward works without the matrix: measured to be faster wherever samples have some structure, at little memory.
_MATRIX = 6_000
_METHODS = {"ward": chain.WARD, "average": chain.AVERAGE, "complete": chain.COMPLETE, "single": chain.SINGLE}


def linkage(X: Any, method: Linkage = "ward") -> Tree:
    """Cluster rows bottom-up, always merging the two closest clusters.

    Parameters
    ----------
    X : (n, d) array or tensor
        Samples, Euclidean.
    method : {"ward", "average", "complete", "single"}
        The distance between two clusters: see `ward`, or the mean, the largest or the smallest distance
        between a sample of one and a sample of the other.

    Returns
    -------
    Tree
        That of `scipy.cluster.hierarchy.linkage`, up to ties.

    Raises
    ------
    ArrayError
        When `X` is not a matrix of finite real numbers, or `method` is unknown, or (but for Ward) 8 n^2 bytes exceed
        the memory installed.

    Notes
    -----
    Cost and precision are those of `ward`: O(n^2 d) time for the distances, O(n^2) after that, 8 n^2 bytes.

    Examples
    --------
    >>> linkage([[0.0], [1.0], [2.5], [10.0]], "single").linkage[:, 2]
    array([1. , 1.5, 7.5])
    """
    if method not in _METHODS:
        raise ArrayError(f"Unknown linkage method {method!r}", did_you_mean(method, get_args(Linkage)))
    matrix = as_matrix(X, finite=False)
    if method == "ward" and len(matrix) > _MATRIX:
        (first, second, merged_at, tied), scale = ward_in_linear_memory(matrix)
    else:
        distances, scale = squared_distances(matrix)
        if method != "ward":
            np.sqrt(distances, out=distances)
        sizes = np.ones(len(distances))
        first, second, merged_at, tied = chain.nearest_neighbor_chain(distances, _METHODS[method], sizes)
    heights = np.sqrt(merged_at) if method == "ward" else merged_at
    merges, order = sorted_linkage(first, second, heights / scale)
    return Tree(merges, ties=_count_ties(merges[:, 2], tied[order]))


def _count_ties(heights: np.ndarray, tied: np.ndarray) -> int:
    """Merges that had a rival: a pair sharing one of their clusters, or another merge at the same height."""
    level = np.diff(heights) <= RELATIVE_ERROR * heights[1:]
    tied = tied.copy()
    tied[1:] |= level
    tied[:-1] |= level
    return int(tied.sum())
