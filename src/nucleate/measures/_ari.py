"""The adjusted Rand index of two partitions."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from nucleate.measures._contingency import contingency


def ari(labels: Any, clusters: Any) -> float:
    """Adjusted Rand index: agreement of two partitions about pairs of samples, 0 by chance and 1 at best.

    With P pairs of samples, A of them within a class, B within a cluster and S within both,
    ari = (S - A*B/P) / ((A + B)/2 - A*B/P), computed in integers. Where 0/0 stands (one class and one cluster, or only
    singletons on both sides) the partitions are equal and the index is 1.

    Parameters
    ----------
    labels, clusters : integers or strings, shape (n,)
        The index is symmetric in them. Time and memory are linear in n.

    Raises
    ------
    ArrayError
        When either is empty, is not one-dimensional or holds missing values, or their lengths differ.

    References
    ----------
    L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985.

    Examples
    --------
    >>> ari([0, 0, 1, 1], [5, 5, 3, 3])
    1.0
    """
    table = contingency(labels, clusters)
    pairs = table.n * (table.n - 1) // 2
    in_class, in_cluster = _pairs(table.class_sizes), _pairs(table.cluster_sizes)
    in_both = _pairs(table.counts)
    numerator = 2 * (in_both * pairs - in_class * in_cluster)
    denominator = (in_class + in_cluster) * pairs - 2 * in_class * in_cluster
    return numerator / denominator if denominator else 1.0


def _pairs(sizes: Int[np.ndarray, " groups"]) -> int:
    return int((sizes * (sizes - 1) // 2).sum())
