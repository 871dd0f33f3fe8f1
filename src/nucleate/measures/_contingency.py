"""The contingency table of two partitions: how many samples each class shares with each cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int
from numba import njit

from nucleate.arrays import as_codes, to_numpy


@dataclass(frozen=True, eq=False, repr=False)
class Contingency:
    """The non-empty cells of a contingency table, sorted by cluster.

    Attributes
    ----------
    classes, clusters, counts : int64, shape (cells,)
        Cell j holds ``counts[j]`` samples of class ``classes[j]`` in cluster ``clusters[j]``.
    class_sizes : int64, shape (classes,)
    cluster_sizes : int64, shape (clusters,)
    """

    classes: Int[np.ndarray, " cells"]
    clusters: Int[np.ndarray, " cells"]
    counts: Int[np.ndarray, " cells"]
    class_sizes: Int[np.ndarray, " classes"]
    cluster_sizes: Int[np.ndarray, " clusters"]

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.cluster_sizes.sum())

    def dense(self) -> Int[np.ndarray, "classes clusters"]:
        """The whole table, empty cells included; memory grows with classes * clusters."""
        table = np.zeros((len(self.class_sizes), len(self.cluster_sizes)), dtype=np.int64)
        table[self.classes, self.clusters] = self.counts
        return table

    def __repr__(self) -> str:
        return (
            f"Contingency({self.n} samples: {len(self.class_sizes)} classes x {len(self.cluster_sizes)} clusters, "
            f"{len(self.counts)} cells)"
        )


def contingency(labels: Any, clusters: Any) -> Contingency:
    """Count the samples that each class shares with each cluster.

    Time and memory are linear in the number of samples, whatever the numbers of classes and clusters.

    Parameters
    ----------
    labels, clusters : integers or strings, shape (n,)
        Codes follow the sorted order of their values.

    Raises
    ------
    ArrayError
        When either is empty, is not one-dimensional or holds missing values, or their lengths differ.

    Examples
    --------
    >>> table = contingency(["a", "a", "b"], [7, 9, 9])
    >>> table
    Contingency(3 samples: 2 classes x 2 clusters, 3 cells)
    >>> table.dense()
    array([[1, 1],
           [0, 1]])
    """
    class_codes = _codes(labels, "labels")
    cluster_codes = _codes(clusters, "clusters", n=len(class_codes))
    return Contingency(*_count(class_codes, cluster_codes))


def _codes(values: Any, name: str, n: int | None = None) -> Int[np.ndarray, " n"]:
    array = to_numpy(values)
    if array.ndim == 1 and array.dtype.kind in "iu" and len(array) > 0 and n in (None, len(array)):
        low, high = int(array.min()), int(array.max())
        if high < 2**62 and high - low < 4 * len(array):  # a table of this range is cheaper than a sort
            codes = array.astype(np.int64, copy=False)
            codes = codes - low if low else codes
            present = np.bincount(codes) > 0
            return codes if present.all() else (np.cumsum(present) - 1)[codes]
    return as_codes(values, name=name, n=n)


@njit(cache=True, nogil=True)
def _count(classes, clusters):  # type: ignore[no-untyped-def]
    class_sizes, cluster_sizes = np.bincount(classes), np.bincount(clusters)
    position = np.cumsum(cluster_sizes) - cluster_sizes
    members = np.empty_like(classes)  # the classes of the first cluster's samples, then the second's, ...
    for row, cluster in enumerate(clusters):
        members[position[cluster]] = classes[row]
        position[cluster] += 1
    cells = np.empty((3, len(classes)), dtype=np.int64)
    shared = np.zeros_like(class_sizes)
    start = first = last = 0
    for cluster, end in enumerate(position):
        for code in members[start:end]:
            if shared[code] == 0:
                cells[0, last] = code
                cells[1, last] = cluster
                last += 1
            shared[code] += 1
        for cell in range(first, last):
            cells[2, cell] = shared[cells[0, cell]]
            shared[cells[0, cell]] = 0
        start, first = end, last
    cells = cells[:, :last].copy()
    return cells[0], cells[1], cells[2], class_sizes, cluster_sizes
