"""Agreement of density peaks with classes, class by class: what the adjusted Rand index is made of."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def agreement_of_classes(
    classes: Int[np.ndarray, " n"], groups: Int[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " classes"]:
    r"""Cohen's kappa of "same group" and "same cluster" over the pairs whose first sample is of a class.

    Over all pairs this kappa is the adjusted Rand index of groups and clusters (Warrens 2008). Over the pairs
    :math:`(i, j \neq i)` with i in class c it is that class' own agreement:

    .. math:: \kappa_c = \frac{a - g h / t}{(g + h) / 2 - g h / t}

    with a the pairs of one group and one cluster, g those of one group, h those of one cluster, t all of them.

    Parameters
    ----------
    classes, groups, clusters : (n,) numbers from 0
        `groups` may be the classes themselves or what they belong to.

    Returns
    -------
    (classes,) float64
        1 for the same partition, 0 by chance or where either partition does not part anything.

    Notes
    -----
    Time and memory O(n). M. J. Warrens, "On the equivalence of Cohen's kappa and the Hubert-Arabie adjusted Rand
    index", Journal of Classification 25, 2008.

    Examples
    --------
    >>> agreement_of_classes(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])).tolist()
    [1.0, 1.0]
    """
    sizes = np.bincount(classes)
    pairs = sizes * (len(classes) - 1.0)
    same_group = np.bincount(classes, weights=np.bincount(groups)[groups] - 1)
    same_cluster = np.bincount(classes, weights=np.bincount(clusters)[clusters] - 1)
    joint = np.unique(np.stack([groups, clusters]), axis=1, return_inverse=True, return_counts=True)
    both = np.bincount(classes, weights=joint[2][joint[1].ravel()] - 1)
    chance = same_group * same_cluster / pairs
    room = (same_group + same_cluster) / 2 - chance
    return np.divide(both - chance, room, out=np.zeros(len(sizes)), where=room > 0)


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

    def pairs(first: Int[np.ndarray, " n"]) -> Float[np.ndarray, " classes"]:
        joint = np.unique(np.stack([first, clusters]), axis=1, return_inverse=True, return_counts=True)
        return np.bincount(classes, weights=joint[2][joint[1].ravel()] - 1)

    same_class, same_group = pairs(classes), pairs(groups)
    all_pairs = np.bincount(classes, weights=np.bincount(clusters)[clusters] - 1)
    own = np.divide(same_class, all_pairs, out=np.zeros_like(all_pairs), where=all_pairs > 0)
    others = all_pairs - same_class
    sizes = np.bincount(classes)
    group_sizes = np.bincount(classes, weights=np.bincount(groups)[groups]) / sizes
    usual = (group_sizes - sizes) / (len(classes) - sizes)
    kin = np.divide(same_group - same_class, others, out=usual.copy(), where=others > 0) - usual
    return own, kin
