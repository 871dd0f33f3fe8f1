"""The result of every hierarchical clustering: a tree of merges, cut as often as needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from nucleate.errors import ArrayError


@dataclass(frozen=True, eq=False, repr=False)
class Tree:
    """A hierarchy of merges in scipy's format.

    Attributes
    ----------
    linkage : (n - 1, 4) float64
        One merge a row, lowest first: the two nodes, the height, the number of samples. Samples are nodes
        0..n-1 and row t makes node n + t, so every function of `scipy.cluster.hierarchy` takes it.
    ties : int
        Merges for which another pair of clusters was as close within rounding. Zero means that the tree does not
        depend on the order of the rows, more that it may.

    Examples
    --------
    >>> from nucleate.clusters import ward
    >>> tree = ward([[0.0], [1.0], [10.0], [12.0]])
    >>> tree
    Tree(n=4, heights=1..14.85, ties=0)
    >>> tree.cut(2)
    array([0, 0, 1, 1], dtype=int32)
    >>> tree.cut([1, 3])
    array([[0, 0, 0, 0],
           [0, 0, 1, 2]], dtype=int32)
    """

    linkage: Float[np.ndarray, "merges 4"]
    ties: int = 0

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.linkage) + 1

    @overload
    def cut(self, n_clusters: int) -> Int[np.ndarray, " n"]: ...
    @overload
    def cut(self, n_clusters: Sequence[int] | range | np.ndarray) -> Int[np.ndarray, "cuts n"]: ...
    def cut(self, n_clusters: int | Sequence[int] | range | np.ndarray) -> Int[np.ndarray, "*cuts n"]:
        """Undo the highest merges until `n_clusters` clusters are left.

        Parameters
        ----------
        n_clusters : int or sequence of int
            How many clusters, 1..n; a sequence gives one row of labels for each.

        Returns
        -------
        (n,) or (cuts, n) int32
            Labels 0..n_clusters-1, numbered by first appearance. Takes O(n) a cut.

        Raises
        ------
        ArrayError
            When a number of clusters is not a whole number from 1 to n.
        """
        wanted = np.asarray(n_clusters)
        if wanted.ndim > 1 or wanted.dtype.kind not in "iu":
            raise ArrayError(f"n_clusters is {n_clusters!r}", "Pass a whole number or a sequence of them")
        outside = wanted[(wanted < 1) | (wanted > self.n)]
        if outside.size:
            raise ArrayError(f"n_clusters = {outside.flat[0]} for {self.n} samples", f"Ask for 1 to {self.n} clusters")
        labels = _cut(self.linkage, np.atleast_1d(wanted).astype(np.int64))
        return labels if wanted.ndim else labels[0]

    def __repr__(self) -> str:
        heights = self.linkage[:, 2]
        spread = f"heights={heights[0]:.4g}..{heights[-1]:.4g}, " if len(heights) else ""
        return f"Tree(n={self.n}, {spread}ties={self.ties})"


def by_first_appearance(labels: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The same partition with labels 0, 1, ... in the order in which rows bring them up, int32."""
    _, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes].astype(np.int32)


@njit(cache=True, nogil=True)
def _cut(linkage, n_clusters):  # type: ignore[no-untyped-def]
    n = len(linkage) + 1
    parent = np.full(2 * n - 1, 2 * n - 1)
    for merge in range(n - 1):
        parent[int(linkage[merge, 0])] = n + merge
        parent[int(linkage[merge, 1])] = n + merge
    labels = np.empty((len(n_clusters), n), np.int32)
    top = np.empty(2 * n - 1, np.int64)
    number = np.empty(2 * n - 1, np.int32)
    for row in range(len(n_clusters)):
        undone = 2 * n - n_clusters[row]  # the first node that this cut takes apart
        for node in range(undone - 1, -1, -1):
            top[node] = top[parent[node]] if parent[node] < undone else node
        number[:] = -1
        seen = 0
        for sample in range(n):
            if number[top[sample]] < 0:
                number[top[sample]] = seen
                seen += 1
            labels[row, sample] = number[top[sample]]
    return labels


@njit(cache=True, nogil=True)
def sorted_linkage(first, second, heights):  # type: ignore[no-untyped-def]
    """Merges in any bottom-up order, as pairs of samples that stand for their clusters -> scipy's linkage."""
    n = len(heights) + 1
    # Rounding must not let a merge sink below the merges it is made of: the sort below would tear them apart.
    tallest = np.zeros(n)
    monotone = np.empty(n - 1)
    for merge in range(n - 1):
        a, b = first[merge], second[merge]
        monotone[merge] = max(heights[merge], tallest[a], tallest[b])
        tallest[a] = tallest[b] = monotone[merge]
    order = np.argsort(monotone, kind="mergesort")
    linkage = np.empty((n - 1, 4))
    parent = np.arange(2 * n - 1)
    size = np.ones(2 * n - 1)
    for row in range(n - 1):
        a = _root(parent, first[order[row]])
        b = _root(parent, second[order[row]])
        node = n + row
        parent[a] = parent[b] = node
        size[node] = size[a] + size[b]
        linkage[row, 0] = min(a, b)
        linkage[row, 1] = max(a, b)
        linkage[row, 2] = monotone[order[row]]
        linkage[row, 3] = size[node]
    return linkage, order


@njit(cache=True, nogil=True)
def _root(parent, node):  # type: ignore[no-untyped-def]
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node
