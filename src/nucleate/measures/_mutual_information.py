"""Mutual information of two partitions, and its expectation when samples are dealt at random.

Everything follows from sums of x log x: with F the sum of size * log(size) over the groups of a partition of n samples,
its entropy is log n - F/n. Differences of information are differences of such sums, without cancelling logarithms.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import Int
from numba import njit

from nucleate.measures._contingency import Contingency, contingency


def mutual_information(labels: Any, clusters: Any) -> float:
    """Mutual information of two partitions, in nats.

    MI = sum over cells of (n_ij/n) log(n n_ij / (a_i b_j)), with a_i samples in class i, b_j in cluster j and n_ij in
    both. It lies between 0 and the smaller entropy.

    Parameters
    ----------
    labels, clusters : integers or strings, shape (n,)
        Time and memory are linear in n.

    Raises
    ------
    ArrayError
        When either is empty, is not one-dimensional or holds missing values, or their lengths differ.

    Examples
    --------
    >>> round(mutual_information([0, 0, 1, 1], [0, 0, 1, 1]), 6)
    0.693147
    """
    table = contingency(labels, clusters)
    return _information(table, sum_x_log_x(table.counts))


def expected_mutual_information(labels: Any, clusters: Any) -> float:
    """Mutual information, in nats, that two partitions of these group sizes share on average by chance.

    The expectation is over all ways to deal the samples to the clusters with all sizes kept; each cell then follows a
    hypergeometric distribution. Time: the number of distinct pairs of sizes (at most 2 n) times the width of these
    distributions.

    Parameters
    ----------
    labels, clusters : integers or strings, shape (n,)

    Raises
    ------
    ArrayError
        As for `mutual_information`.

    References
    ----------
    N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010.

    Examples
    --------
    >>> round(expected_mutual_information([0, 0, 1, 1], [0, 0, 1, 1]), 6)
    0.231049
    """
    table = contingency(labels, clusters)
    return _information(table, expected_x_log_x(table))


def _information(table: Contingency, cells: float) -> float:
    """Information of a table whose cells' x log x sum to `cells`."""
    n = table.n
    sizes = sum_x_log_x(table.class_sizes) + sum_x_log_x(table.cluster_sizes)
    return max(0.0, (cells - sizes) / n + math.log(n))


def sum_x_log_x(sizes: Int[np.ndarray, " groups"]) -> float:
    """Sum of size * log(size), correctly rounded, so that equal partitions have equal sums whatever their order."""
    distinct, repeats = _distinct(sizes)
    return math.fsum(repeats * (distinct * np.log(distinct)))


def expected_x_log_x(table: Contingency) -> float:
    """Expected sum of x log x over the cells when samples are dealt at random."""
    a, a_repeats = _distinct(table.class_sizes)
    b, b_repeats = _distinct(table.cluster_sizes)
    x = np.arange(1, min(a[-1], b[-1]) + 1)
    x_log_x = np.concatenate([[0.0], x * np.log(x)])
    return _expected_over_pairs(a, a_repeats, b, b_repeats, table.n, x_log_x)


def _distinct(sizes: Int[np.ndarray, " groups"]) -> tuple[Int[np.ndarray, " distinct"], Int[np.ndarray, " distinct"]]:
    repeats = np.bincount(sizes)
    distinct = np.flatnonzero(repeats)
    return distinct, repeats[distinct]


@njit(cache=True, nogil=True)
def _expected_over_pairs(a, a_repeats, b, b_repeats, n, x_log_x):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            total += a_repeats[i] * b_repeats[j] * _expected_cell(a[i], b[j], n, x_log_x)
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _expected_cell(a, b, n, x_log_x):  # type: ignore[no-untyped-def]
    """Expectation of x log x for x hypergeometric: draws `a` of `n` samples, `b` of which count.

    Weights relative to the mode follow from ratios of neighbours and are divided by their sum: no factorial is taken,
    so nothing cancels and the error stays near the rounding of one multiplication per step.
    """
    lowest, highest = max(0, a + b - n), min(a, b)
    mode = min(max((a + 1) * (b + 1) // (n + 2), lowest), highest)
    weights, values = 1.0, x_log_x[mode]
    weight = 1.0
    for x in range(mode, highest):
        weight *= (a - x) * (b - x) / ((x + 1) * (n - a - b + x + 1))
        weights += weight
        values += weight * x_log_x[x + 1]
        if weight * x_log_x[x + 1] <= 1e-20 * values and weight <= 1e-20 * weights:
            break
    weight = 1.0
    for x in range(mode, lowest, -1):
        weight *= x * (n - a - b + x) / ((a - x + 1) * (b - x + 1))
        weights += weight
        values += weight * x_log_x[x - 1]
        if weight <= 1e-20 * weights:  # x log x falls along with the weight
            break
    return values / weights
