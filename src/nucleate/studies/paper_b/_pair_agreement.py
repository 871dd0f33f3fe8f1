"""Agreement of density peaks with classes, class by class: what the adjusted Rand index is made of."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def agreement_of_classes(
    classes: Int[np.ndarray, " n"], groups: Int[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " classes"]:
    r"""What each class contributes to the adjusted Rand index of groups and clusters: their mean is the index.

    Over ordered pairs of samples, let :math:`a_c` count those of one group and one cluster whose first sample is of
    class c, :math:`g_c` those of one group, G all of one group, H all of one cluster, T all pairs, and C the classes:

    .. math:: v_c = C \frac{a_c - g_c H / T}{(G + H) / 2 - G H / T}

    Parameters
    ----------
    classes, groups, clusters : (n,) numbers from 0
        `groups` may be the classes themselves or what they belong to.

    Returns
    -------
    (classes,) float64
        1 for the same partition into classes of one size, 0 by chance or where neither partition parts anything.

    Notes
    -----
    Time O(n log n), memory O(n). L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985.

    Examples
    --------
    >>> agreement_of_classes(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])).tolist()
    [1.0, 1.0]
    """
    n = len(classes)
    same_group = np.bincount(classes, weights=np.bincount(groups)[groups] - 1)
    both = _pairs(classes, groups, clusters)
    all_groups, all_clusters = same_group.sum(), float((np.bincount(clusters)[clusters] - 1).sum())
    share = all_clusters / (n * (n - 1))
    room = (all_groups + all_clusters) / 2 - all_groups * share
    return len(same_group) * (both - same_group * share) / room if room > 0 else np.zeros(len(same_group))


def _pairs(
    classes: Int[np.ndarray, " n"], groups: Int[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " classes"]:
    """Ordered pairs of one group and one cluster, by the class of the first sample."""
    _, cell, sizes = np.unique(np.stack([groups, clusters]), axis=1, return_inverse=True, return_counts=True)
    return np.bincount(classes, weights=sizes[cell.ravel()] - 1)


def companions_of_classes(
    classes: Int[np.ndarray, " n"], groups: Int[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " classes"], Float[np.ndarray, " classes"]]:
    """Who the samples of each class share their cluster with.

    Parameters
    ----------
    classes, groups, clusters : (n,) numbers from 0
        Each class belongs to one group.

    Returns
    -------
    own : (classes,) float64
        Share of the class among the other samples of the cluster; 0 where there are none.
    kin : (classes,) float64
        Share of the class' group among the samples of other classes in the cluster, minus that share among all samples
        of other classes; 0 where there are none.

    Examples
    --------
    >>> own, kin = companions_of_classes(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1]),
    ...                                  np.array([0, 0, 0, 0, 1, 1]))
    >>> own.round(2).tolist(), kin.tolist()
    ([0.33, 0.33, 1.0], [0.5, 0.5, 0.0])
    """

    same_class, same_group = _pairs(classes, classes, clusters), _pairs(classes, groups, clusters)
    all_pairs = np.bincount(classes, weights=np.bincount(clusters)[clusters] - 1)
    own = np.divide(same_class, all_pairs, out=np.zeros_like(all_pairs), where=all_pairs > 0)
    others = all_pairs - same_class
    sizes = np.bincount(classes)
    group_sizes = np.bincount(classes, weights=np.bincount(groups)[groups]) / sizes
    usual = (group_sizes - sizes) / (len(classes) - sizes)
    kin = np.divide(same_group - same_class, others, out=usual.copy(), where=others > 0) - usual
    return own, kin
