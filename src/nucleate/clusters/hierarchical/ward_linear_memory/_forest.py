"""Ward's tree without the matrix of distances: O(n d) memory, exact.

After one search for every row's nearest neighbours, nearly all later questions for a cluster's nearest neighbour are
answered from short lists (see `candidates`); the few that are not take a whole row by matrix product: first of a few
coordinates whose distances are never larger (see `contraction`), then of all columns, at last by subtraction, until
there is a proof. Where those coordinates prove nearly everything, they also replace the first search. All pairs that
are each other's nearest merge at once: no such merge brings another cluster closer, so any order gives the same tree
(Bruynooghe 1977; Müllner, arXiv:1109.2378). The last clusters finish on a small matrix of distances.

The only other exact Ward in linear memory that we know of is cuhc (PyPI), which needs CUDA.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Bool, Float, Int

from nucleate.arrays import as_matrix
from nucleate.clusters._threads import in_threads
from nucleate.clusters.hierarchical import _nearest_neighbor_chain as chain
from nucleate.clusters.hierarchical._distances import scale_of, squared_distances
from nucleate.clusters.hierarchical.ward_linear_memory._candidate_search import (
    Candidates,
    Rows,
    locate,
    nearest_by_products,
    nearest_by_subtraction,
    squared_lengths,
)
from nucleate.clusters.hierarchical.ward_linear_memory._copies import first_copies
from nucleate.clusters.hierarchical.ward_linear_memory._neighbor_lists import (
    LENGTH,
    SLACK,
    Means,
    empty_lists,
    find_nearest,
    measure_close,
    merge_pairs,
)
from nucleate.clusters.hierarchical.ward_linear_memory._projection import Contraction
from nucleate.machine import one_thread_per_product
from nucleate.neighbors import knn

DENSE = 1024  # clusters that finish on a matrix: 8 MB
# Where very many distances are equal, hardly any two clusters are each other's nearest: after some such rounds a matrix
# is faster.
_SLOW = 256
_PATIENCE = 16
# So it is where lists prove little, as in noise: where for most samples the squared distance to what is outside a list
# is less than this many times that to the nearest. The matrix may take 512 MB.
_CROWDED = 1.1
_SOME = 128
_LARGEST_MATRIX = 8_192
# A few clusters tell whether the contraction is worth asking about all, and whether what it leaves is rare enough for
# it to replace the first search.
_FEW = 512
_WORTH = 1 / 2
_RARE = 1 / 8

Merges = tuple[
    Int[np.ndarray, " merges"], Int[np.ndarray, " merges"], Float[np.ndarray, " merges"], Bool[np.ndarray, " merges"]
]
"""A sample of either cluster, Ward's squared distance and whether there was a rival, in a bottom-up order."""


def ward_in_linear_memory(X: Float[np.ndarray, "n d"], *, dense: int = DENSE) -> tuple[Merges, float]:
    """Ward's merges, and the power of two by which the columns were scaled.

    Takes up to 8 n d bytes for the means, 2 kB for each list and its coordinates, one search for nearest neighbours,
    and on data with some structure a few tenths of n rows of products more, most of them short. Pure noise needs up to
    2 n long rows; there a matrix is taken if that needs at most 512 MB.

    Parameters
    ----------
    X : (n, d) float32 or float64
        Samples.
    dense : int
        How many clusters finish on a matrix of distances.

    Raises
    ------
    ArrayError
        When `X` holds NaN or infinity, or so many equal distances that nothing but a full matrix would do, which does
        not fit into memory.
    """
    X = as_matrix(X)
    scale = scale_of(X)
    forest = _Forest(X, scale)
    with one_thread_per_product():
        if len(forest.live) > max(dense, 1) and not forest.is_crowded():
            forest.search()
            _merge_by_lists(forest, max(dense, 1))
    return forest.finished(), scale


def _merge_by_lists(forest: _Forest, dense: int) -> None:
    slow_rounds = 0
    while len(forest.live) > dense and slow_rounds < _PATIENCE:
        pairs = forest.reciprocal_pairs()
        slow_rounds += len(pairs) < len(forest.live) / _SLOW
        forest.merge(pairs)


class _Forest:
    """Clusters in slots 0 ... n - 1; a slot's number is also that of a sample in it."""

    def __init__(self, X: Float[np.ndarray, "n d"], scale: float) -> None:
        n = len(X)
        first = first_copies(X)
        self.live = np.flatnonzero(first == np.arange(n))
        copies = np.flatnonzero(first != np.arange(n))
        nothing = np.zeros(len(copies))
        self.done: list[Merges] = [(first[copies], copies, nothing, nothing.astype(np.bool_))]
        self.sizes = np.bincount(first, minlength=n).astype(np.float64)
        self.means = Means(X, np.zeros(X.shape), scale, X.mean(axis=0, dtype=np.float64) * scale)
        self.squared = np.zeros(n)
        squared_lengths(self.means, self.live, self.squared)

    def is_crowded(self) -> bool:
        """Whether a matrix will do and most samples have their nearest neighbours all at nearly one distance."""
        if len(self.live) > _LARGEST_MATRIX:
            return False
        _, lowest, _, bounds = self._by_products(self.live[:: -(-len(self.live) // _SOME)])
        return bool(np.median(bounds - _CROWDED * lowest[:, 0]) < 0)

    def search(self) -> None:
        """Give every cluster its list, from the nearest neighbours of its samples."""
        n, d = self.means.samples.shape
        length = min(LENGTH, len(self.live) - 1)
        self.lists = empty_lists(n)
        self.merges = np.zeros(n, np.int32)
        self.into = np.arange(n, dtype=np.int32)
        self.nearest = np.empty(n, np.int32)
        self.at = np.empty(n)
        self.contraction = Contraction(self.means, self.live) if Contraction.pays(d) else None
        if self.contraction:
            self.contraction.place(self.means, self.live)
        self._fill_lists(*self._nearest_samples(length))
        self.waiting = self.live

    def _nearest_samples(self, k: int) -> tuple[Int[np.ndarray, "l k"], Float[np.ndarray, "l k"], bool]:
        """The k nearest of every sample, as places in `live`, how far they are at least, and whether that is exact."""
        live = self.live
        if self.contraction:
            few = live[:: -(-len(live) // _FEW)]
            share = len(self._unproven(few, self._by_contraction)) / len(few)
            self.contraction_proves = share <= _WORTH
            if share <= _RARE:
                return *self.contraction.nearest(live, self.squared[live], k), False
        X = self.means.samples
        found = knn(X if len(live) == len(X) else X[live], k=k)
        return found.indices, found.distances * self.means.scale, True

    def _fill_lists(self, places: Int[np.ndarray, "l k"], distances: Float[np.ndarray, "l k"], exact: bool) -> None:
        live, k = self.live, places.shape[1]
        own, theirs = self.sizes[live][:, None], self.sizes[live][places]
        squared = distances**2 * (1 - SLACK * (not exact))
        self.lists.members[live, :k] = live[places]
        self.lists.distances[live, :k] = squared * (2 * own * theirs / (own + theirs))
        self.lists.exact[live, :k] = exact
        self.lists.lengths[live] = k
        if k < len(live) - 1:  # Ward's distance grows with the size of what is outside
            least = own[:, 0] * self.sizes[live].min()
            weight = 2 * least / (own[:, 0] + self.sizes[live].min())
            self.lists.bounds[live] = squared[:, -1] * weight * (1 - SLACK)
        else:
            self.lists.bounds[live] = np.inf

    def reciprocal_pairs(self) -> Int[np.ndarray, "pairs 2"]:
        """Live clusters that are each other's nearest."""
        self._find_nearest()
        mutual = (self.nearest[self.nearest[self.live]] == self.live) & (self.live < self.nearest[self.live])
        first = self.live[mutual]
        if not len(first):  # ties can run in circles; the closest pair of all may merge in any case
            first = self.live[[np.argmin(self.at[self.live])]]
        return np.column_stack([first, self.nearest[first]])

    def merge(self, pairs: Int[np.ndarray, "pairs 2"]) -> None:
        """Merge pairs that share no cluster."""
        tied = np.zeros(len(pairs), np.bool_)
        heights = self.at[pairs[:, 0]]
        sizes = self.sizes[self.live]
        merge_pairs(
            pairs, self.means, self.sizes, self.merges, self.into, self.lists, self.at, sizes.min(), sizes.max(), tied,
        )  # fmt: skip
        self.done.append((pairs[:, 0], pairs[:, 1], heights, tied))
        squared_lengths(self.means, pairs[:, 0], self.squared)
        if self.contraction:
            self.contraction.place(self.means, pairs[:, 0])
        self.into = self.into[self.into]
        changed = np.zeros(len(self.sizes), np.bool_)
        changed[pairs] = True
        self.live = self.live[self.into[self.live] == self.live]
        self.waiting = self.live[changed[self.live] | changed[self.nearest[self.live]]]

    def finished(self) -> Merges:
        """All merges, once the live clusters have been merged on a matrix of distances."""
        live = self.live
        located = np.empty((len(live), len(self.means.centre)))
        locate(self.means, live, located)
        squared, scale = squared_distances(located)
        squared /= scale**2
        measure_close(squared, np.einsum("ij,ij->i", located, located), self.means, live)
        sizes = self.sizes[live]
        for row, size in zip(squared, sizes, strict=True):
            row *= 2 * size * sizes / (size + sizes)
        first, second, merged_at, tied = chain.nearest_neighbor_chain(squared, chain.WARD, sizes)
        self.done.append((live[first], live[second], merged_at, tied))
        columns = zip(*self.done, strict=True)
        return tuple(np.concatenate(column) for column in columns)  # type: ignore[return-value]

    def _find_nearest(self) -> None:
        unproven = self._from_lists(self.waiting)
        if self.contraction and len(unproven):
            unproven = self._left_by_contraction(unproven)
        for search in (self._by_products, self._by_subtraction):
            unproven = self._unproven(unproven, search)

    def _left_by_contraction(self, clusters: Int[np.ndarray, " m"]) -> Int[np.ndarray, " unproven"]:
        """Ask the contraction about these clusters, about a few only where it proved little the last time."""
        asked = np.ones(len(clusters), np.bool_)
        if not self.contraction_proves:
            asked[:] = np.arange(len(clusters)) % -(-len(clusters) // _FEW) == 0
        unproven = self._unproven(clusters[asked], self._by_contraction)
        self.contraction_proves = len(unproven) <= _WORTH * asked.sum()
        return np.concatenate([unproven, clusters[~asked]])

    def _unproven(
        self, clusters: Int[np.ndarray, " m"], search: Callable[[Int[np.ndarray, " m"]], Candidates]
    ) -> Int[np.ndarray, " unproven"]:
        """Give clusters new lists; those whose nearest are not proven by them come back."""
        if not len(clusters):
            return clusters
        members, lowest, found, bounds = search(clusters)
        self.lists.members[clusters, :LENGTH] = members
        self.lists.distances[clusters, :LENGTH] = lowest
        self.lists.exact[clusters] = False
        self.lists.seen[clusters, :LENGTH] = self.merges[members]
        self.lists.lengths[clusters] = found
        self.lists.bounds[clusters] = bounds
        return self._from_lists(clusters)

    def _by_contraction(self, clusters: Int[np.ndarray, " m"]) -> Candidates:
        assert self.contraction is not None
        return nearest_by_products(self.contraction.rows(self.squared), self.sizes, clusters, self.live)

    def _by_products(self, clusters: Int[np.ndarray, " m"]) -> Candidates:
        return nearest_by_products(Rows.of_means(self.means, self.squared), self.sizes, clusters, self.live)

    def _by_subtraction(self, clusters: Int[np.ndarray, " m"]) -> Candidates:
        return nearest_by_subtraction(self.means, self.sizes, clusters, self.live)

    def _from_lists(self, clusters: Int[np.ndarray, " m"]) -> Int[np.ndarray, " unproven"]:
        """Look for the nearest of these clusters in their lists; those without a proof come back."""
        parts = min(len(clusters), 4 * (os.cpu_count() or 1)) or 1
        edges = [part * len(clusters) // parts for part in range(parts + 1)]
        look = partial(
            find_nearest, clusters, self.means, self.sizes, self.merges, self.into, self.lists, self.nearest, self.at,
        )  # fmt: skip
        return clusters[~np.concatenate(in_threads(look, edges))]
