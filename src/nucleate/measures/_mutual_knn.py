"""Agreement of two neighbour graphs as sets: mutual kNN alignment and Jaccard similarity."""

from __future__ import annotations

import numpy as np

from nucleate.measures._overlap import Overlap, overlap
from nucleate.neighbors import Neighbors


def mutual_knn(a: Neighbors, b: Neighbors) -> Overlap:
    r"""Mutual kNN alignment of two representations: the neighbourhood `overlap`, under its name in the literature
    on the alignment of models.

    .. math:: m = \frac{1}{N} \sum_i \frac{|N_k^a(i) \cap N_k^b(i)|}{k}, \qquad \text{chance} = \frac{k}{N - 1}

    Parameters
    ----------
    a, b : Neighbors
        k nearest neighbours of the same n samples, in the same order; the published setting is cosine, k = 10.

    Returns
    -------
    Overlap
        As `nucleate.measures.overlap` gives.

    Raises
    ------
    ArrayError
        When the two differ in the number of samples or of neighbours.

    References
    ----------
    Huh, Cheung, Wang, Isola, "The platonic representation hypothesis", ICML 2024.

    Examples
    --------
    >>> from nucleate.neighbors import knn
    >>> line = knn([[0.0], [1.0], [3.0], [7.0]], 2)
    >>> mutual_knn(line, line).value
    1.0
    """
    return overlap(a, b)


def jaccard(a: Neighbors, b: Neighbors) -> Overlap:
    r"""Jaccard similarity of the neighbourhoods of two representations, averaged over samples.

    .. math:: J = \frac{1}{N} \sum_i \frac{|N_k^a(i) \cap N_k^b(i)|}{|N_k^a(i) \cup N_k^b(i)|}
                = \frac{1}{N} \sum_i \frac{h_i}{2k - h_i}

    with :math:`h_i` neighbours in common. By chance :math:`h_i` is hypergeometric (k draws among N - 1 samples of which
    k count); the chance level is the mean of h / (2k - h) under that law.

    Parameters
    ----------
    a, b : Neighbors
        k nearest neighbours of the same n samples, in the same order.

    Returns
    -------
    Overlap
        Value, per-sample similarities and chance level.

    Raises
    ------
    ArrayError
        When the two differ in the number of samples or of neighbours.

    Examples
    --------
    >>> from nucleate.neighbors import knn
    >>> line, swapped = [[0.0], [1.0], [3.0], [7.0]], [[0.0], [1.0], [7.0], [3.0]]
    >>> jaccard(knn(line, 2), knn(swapped, 2)).per_sample.round(3).tolist()
    [0.333, 0.333, 0.333, 0.333]
    """
    from scipy.stats import hypergeom  # here, because it takes longer to import than all else

    shared = np.rint(overlap(a, b).per_sample * a.k)
    per_sample = shared / (2 * a.k - shared)
    counts = np.arange(a.k + 1)
    chance = hypergeom(a.n - 1, a.k, a.k).pmf(counts) @ (counts / (2 * a.k - counts))
    return Overlap(float(per_sample.mean()), per_sample, float(chance))
