"""The adjusted mutual information of two partitions."""

from __future__ import annotations

from typing import Any

from nucleate.measures._contingency import contingency
from nucleate.measures._mutual_information import expected_x_log_x, sum_x_log_x


def ami(labels: Any, clusters: Any) -> float:
    """Adjusted mutual information: information two partitions share beyond chance, 0 by chance and 1 at best.

    ami = (MI - EMI) / ((H_labels + H_clusters)/2 - EMI), with MI the mutual information, EMI its expectation when
    samples are dealt at random and H the entropies. Where 0/0 stands (one class and one cluster, or only singletons on
    both sides) the partitions are equal and the index is 1; one group, or only singletons, on one side alone gives 0.

    Parameters
    ----------
    labels, clusters : integers or strings, shape (n,)
        The index is symmetric in them. Time is linear in n, plus the cost of `expected_mutual_information`.

    Raises
    ------
    ArrayError
        When either is empty, is not one-dimensional or holds missing values, or their lengths differ.

    References
    ----------
    N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010.

    Examples
    --------
    >>> ami([0, 0, 1, 1], [5, 5, 3, 3])
    1.0
    >>> round(ami([0, 0, 1, 1], [0, 1, 0, 1]), 6)
    -0.5
    """
    table = contingency(labels, clusters)
    if len(table.class_sizes) == 1 or len(table.cluster_sizes) == 1:
        return float(len(table.class_sizes) == len(table.cluster_sizes))
    # Entropies and informations share log n, which drops out of both differences: see mutual_information.py.
    expected = expected_x_log_x(table)
    best = (sum_x_log_x(table.class_sizes) + sum_x_log_x(table.cluster_sizes)) / 2
    if best == expected:  # only singletons on both sides
        return 1.0
    return (sum_x_log_x(table.counts) - expected) / (best - expected)
