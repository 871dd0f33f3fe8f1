"""Agglomerative clustering: Ward, average, complete and single linkage."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from nucleate.arrays import as_matrix
from nucleate.clusters.hierarchical import _nearest_neighbor_chain as chain
from nucleate.clusters.hierarchical._distances import RELATIVE_ERROR, squared_distances
from nucleate.clusters.hierarchical._tree import Tree, sorted_linkage
from nucleate.clusters.hierarchical.ward_linear_memory import Merges, ward_in_linear_memory
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
    _refuse_unknown(method)
    matrix = as_matrix(X, finite=False)
    if method == "ward" and len(matrix) > _MATRIX:
        merges, scale = ward_in_linear_memory(matrix)
    else:
        distances, scale = squared_distances(matrix)
        merges = _merged_on_matrix(distances, method)
    return _tree(merges, method, scale)


def linkage_of_distances(squared: Any, method: Linkage = "ward") -> Tree:
    """Cluster samples bottom-up of which only the distances are known, as where their rows are too wide to be kept.

    Parameters
    ----------
    squared : (n, n) array or tensor
        Squared Euclidean distances between all samples. They are sums over columns: add those of parts of the columns
        where no rows can be held whole. Of a Gram matrix G they are G[i, i] + G[j, j] - 2 G[i, j], precise where
        samples are not much closer to one another than to the origin; of unit rows 2 - 2 G[i, j].
    method : {"ward", "average", "complete", "single"}
        As of `linkage`.

    Returns
    -------
    Tree
        That of `linkage` on the rows themselves, up to what distances have been rounded by.

    Raises
    ------
    ArrayError
        When `squared` is not a symmetric matrix of finite numbers of at least 0 with a diagonal of 0, or `method` is
        unknown.

    Notes
    -----
    O(n^2) time, 8 n^2 bytes for a copy.

    Examples
    --------
    >>> linkage_of_distances([[0.0, 1.0, 100.0], [1.0, 0.0, 81.0], [100.0, 81.0, 0.0]]).cut(2)
    array([0, 0, 1], dtype=int32)
    """
    _refuse_unknown(method)
    matrix = as_matrix(squared, name="squared")
    largest = float(matrix.max())
    if matrix.shape[0] != matrix.shape[1] or (matrix != matrix.T).any():
        raise ArrayError(f"squared has shape {matrix.shape} and is not symmetric", "Pass distances between all samples")
    if matrix.diagonal().any() or (matrix < 0).any():
        raise ArrayError(
            "squared holds a negative number, or a sample's distance to itself is not 0",
            "Pass squared Euclidean distances; those of a Gram matrix may need np.maximum(..., 0)",
        )
    exponent = -(math.frexp(largest)[1] // 2) if largest else 0  # the methods add and multiply: nothing may overflow
    distances = np.ldexp(matrix.astype(np.float64), 2 * exponent)
    distances += 0.0  # the chain compares bits, and those of -0.0 sort last
    return _tree(_merged_on_matrix(distances, method), method, math.ldexp(1.0, exponent))


def _refuse_unknown(method: str) -> None:
    if method not in _METHODS:
        raise ArrayError(f"Unknown linkage method {method!r}", did_you_mean(method, get_args(Linkage)))


def _merged_on_matrix(squared: Float[np.ndarray, "n n"], method: Linkage) -> Merges:
    """Merges by nearest-neighbour chain; overwrites the matrix."""
    if method != "ward":
        np.sqrt(squared, out=squared)
    found: Merges = chain.nearest_neighbor_chain(squared, _METHODS[method], np.ones(len(squared)))
    return found


def _tree(merges: Merges, method: Linkage, scale: float) -> Tree:
    first, second, merged_at, tied = merges
    heights = np.sqrt(merged_at) if method == "ward" else merged_at
    linked, order = sorted_linkage(first, second, heights / scale)
    return Tree(linked, ties=_count_ties(linked[:, 2], tied[order]))


def _count_ties(heights: np.ndarray, tied: np.ndarray) -> int:
    """Merges that had a rival: a pair sharing one of their clusters, or another merge at the same height."""
    level = np.diff(heights) <= RELATIVE_ERROR * heights[1:]
    tied = tied.copy()
    tied[1:] |= level
    tied[:-1] |= level
    return int(tied.sum())
