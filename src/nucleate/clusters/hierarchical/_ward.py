"""Ward's agglomerative clustering."""

from __future__ import annotations

from typing import Any

from nucleate.clusters.hierarchical._linkage import linkage
from nucleate.clusters.hierarchical._tree import Tree


def ward(X: Any) -> Tree:
    """Cluster rows bottom-up, always merging the two clusters whose union adds the least variance.

    Parameters
    ----------
    X : (n, d) array or tensor
        Samples, Euclidean. Paper A divides each row by its norm first: see `normalized`.

    Returns
    -------
    Tree
        Heights are sqrt(2 |A| |B| / (|A| + |B|)) * |mean(A) - mean(B)|, as in scipy.

    Raises
    ------
    ArrayError
        When `X` is not a matrix of finite real numbers.

    Notes
    -----
    The tree is that of `scipy.cluster.hierarchy.linkage(X, "ward")`, up to ties. Distances that decide are float64: a
    float32 Gram matrix errs by about 1e-6 of the squared norms, enough to swap merges of nearly equal height, and
    to lose near-duplicates altogether. In float64 it errs by about 1e-15, and pairs much closer to each other than to
    the centre are subtracted directly. Whatever is still within 1e-11 of its rival is counted as tied.

    Up to 6,000 samples a nearest-neighbour chain [1]_ on the full matrix: O(n^2 d) time for the distances, O(n^2) after
    that, 8 n^2 bytes. Beyond, the same tree in O(n d) memory: the nearest neighbours of all samples, then short lists
    of candidates with a proof that nothing else is nearer, and whole rows where there is no proof. Where a few
    hundred directions hold most of the variance, distances along them prove most of it [2]_.

    References
    ----------
    .. [1] Müllner, D. Modern hierarchical, agglomerative clustering algorithms. arXiv:1109.2378 (2011).
    .. [2] Halko, Martinsson, Tropp. Finding structure with randomness. SIAM Review 53 (2011), for these directions.

    Examples
    --------
    >>> ward([[0.0], [1.0], [10.0], [12.0]]).cut(2)
    array([0, 0, 1, 1], dtype=int32)
    """
    return linkage(X, "ward")
