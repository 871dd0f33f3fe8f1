"""Purity: the share of samples that belong to the most frequent class of their cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from nucleate.errors import UsageError
from nucleate.measures._contingency import contingency


def purity(labels: Any, clusters: Any) -> float:
    """Share of samples that belong to the most frequent class of their cluster.

    purity = (1/n) * sum over clusters of the count of the cluster's most frequent class. It lies in (0, 1] and is not
    adjusted for chance: it grows with the number of clusters and is 1 for clusters of one sample each. Read it beside
    `purity_baseline`.

    Parameters
    ----------
    labels, clusters : integers or strings, shape (n,)
        Time and memory are linear in n.

    Raises
    ------
    ArrayError
        When either is empty, is not one-dimensional or holds missing values, or their lengths differ.

    References
    ----------
    C. D. Manning, P. Raghavan, H. Schütze, "Introduction to Information Retrieval", 2008, section 16.3.

    Examples
    --------
    >>> purity(["a", "a", "b", "b"], [0, 0, 0, 1])
    0.75
    """
    table = contingency(labels, clusters)
    starts = np.flatnonzero(np.diff(table.clusters, prepend=-1))
    return int(np.maximum.reduceat(table.counts, starts).sum()) / table.n


def purity_baseline(labels: Any, clusters: Any, *, permutations: int = 100, seed: int = 0) -> float:
    """Mean purity when the samples are dealt to the clusters at random, sizes kept: the chance level of `purity`.

    Parameters
    ----------
    labels, clusters : integers or strings, shape (n,)
    permutations : int
        Number of random deals; time is linear in permutations * n.
    seed : int

    Raises
    ------
    ArrayError
        As for `purity`.
    UsageError
        When `permutations` is below 1.

    Examples
    --------
    >>> purity_baseline(["a", "a", "b", "b"], [0, 1, 2, 3])
    1.0
    """
    if permutations < 1:
        raise UsageError(f"permutations is {permutations}", "Draw at least one permutation")
    table = contingency(labels, clusters)
    rng = np.random.default_rng(seed)
    dealt = np.repeat(np.arange(len(table.class_sizes)), table.class_sizes)
    total = 0
    for _ in range(permutations):
        rng.shuffle(dealt)
        total += _sum_of_largest(dealt, table.cluster_sizes, len(table.class_sizes))
    return total / (permutations * table.n)


@njit(cache=True, nogil=True)
def _sum_of_largest(classes, cluster_sizes, n_classes):  # type: ignore[no-untyped-def]
    """Sum of the most frequent class's count over consecutive clusters of the given sizes."""
    counts = np.zeros(n_classes, dtype=np.int64)
    total = 0
    start = 0
    for size in cluster_sizes:
        largest = 0
        for i in range(start, start + size):
            counts[classes[i]] += 1
            largest = max(largest, counts[classes[i]])
        for i in range(start, start + size):
            counts[classes[i]] = 0
        total += largest
        start += size
    return total
