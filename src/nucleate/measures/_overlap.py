"""Neighbourhood overlap: whose neighbours stay, and whose neighbours share a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from nucleate.arrays import as_codes
from nucleate.errors import ArrayError, UsageError
from nucleate.neighbors import Neighbors

Weights = Literal["sample", "class"]


@dataclass(frozen=True, eq=False, repr=False)
class Overlap:
    """An overlap between 0 and 1, with its parts.

    Attributes
    ----------
    value : float
        The (weighted) mean over samples.
    per_sample : float64, (n,)
        The overlap of each sample's neighbourhood.
    chance : float
        What `value` is expected to be when neighbours are drawn at random.
    """

    value: float
    per_sample: Float[np.ndarray, " n"]
    chance: float

    def __repr__(self) -> str:
        return f"Overlap(value={self.value:.4f}, chance={self.chance:.4f}, n={len(self.per_sample)})"


def overlap(a: Neighbors, b: Neighbors) -> Overlap:
    r"""Share of neighbours that two representations of the same samples have in common.

    .. math:: \chi = \frac{1}{N} \sum_i \frac{|N_k^a(i) \cap N_k^b(i)|}{k}, \qquad \text{chance} = \frac{k}{N - 1}

    Parameters
    ----------
    a, b : Neighbors
        k nearest neighbours of the same n samples, in the same order.

    Returns
    -------
    Overlap
        1 where every neighbourhood is kept, near `chance` where the two have nothing to do with each other.

    Raises
    ------
    ArrayError
        When the two differ in the number of samples or of neighbours.

    Notes
    -----
    Time O(n k), memory O(n).

    References
    ----------
    Doimo, Glielmo, Ansuini, Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020.

    Examples
    --------
    >>> from nucleate.neighbors import knn
    >>> line = [[0.0], [1.0], [3.0], [7.0]]
    >>> swapped = [[0.0], [1.0], [7.0], [3.0]]
    >>> overlap(knn(line, 1), knn(swapped, 1))
    Overlap(value=0.5000, chance=0.3333, n=4)
    """
    if a.n != b.n:
        raise ArrayError(f"one graph has {a.n} samples, the other {b.n}", "Compare graphs of the same samples")
    if a.k != b.k:
        raise ArrayError(f"one graph has k={a.k}, the other k={b.k}", f"Cut both with .first({min(a.k, b.k)})")
    shared = np.empty(a.n, np.int64)
    _count_shared(np.ascontiguousarray(a.indices), np.ascontiguousarray(b.indices), shared)
    per_sample = shared / a.k
    return Overlap(float(per_sample.mean()), per_sample, a.k / (a.n - 1))


def label_overlap(
    neighbors: Neighbors, labels: Any, *, weights: Weights = "sample", class_fraction: float | None = None
) -> Overlap:
    r"""Share of each sample's neighbours that carry its label.

    .. math:: \chi^{gt} = \sum_i w_i \frac{|\{j \in N_{k_i}(i) : c_j = c_i\}|}{k_i},
              \qquad \text{chance} = \sum_i w_i \frac{n_{c_i} - 1}{N - 1}

    with :math:`w_i = 1/N`, or with every class counting the same, :math:`w_i = 1/(C n_{c_i})`: then chance is
    :math:`(N/C - 1)/(N - 1)`.

    Parameters
    ----------
    neighbors : Neighbors
        k nearest neighbours of n samples.
    labels : integers or strings, (n,)
        One label per sample, of any level of a hierarchy.
    weights : {"sample", "class"}
        Whether every sample or every class counts the same.
    class_fraction : float, optional
        Use for each sample the nearest ``max(1, round(class_fraction * n_c))`` neighbours, with n_c the size of its
        class, in place of all k. 0.1 is the published choice for balanced classes.

    Returns
    -------
    Overlap
        A sample alone in its class has overlap 0 and chance 0.

    Raises
    ------
    ArrayError
        When labels do not fit the graph, or a class needs more neighbours than the graph holds.
    UsageError
        For an unknown choice of weights, or a fraction outside (0, 1].

    Notes
    -----
    Time and memory O(n k).

    References
    ----------
    Doimo, Glielmo, Ansuini, Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020.

    Examples
    --------
    >>> from nucleate.neighbors import knn
    >>> label_overlap(knn([[0.0], [1.0], [3.0], [7.0]], 2), ["a", "a", "b", "b"]).per_sample.tolist()
    [0.5, 0.5, 0.0, 0.5]
    """
    if weights not in get_args(Weights):
        raise UsageError(f"unknown weights {weights!r}", f"Choose one of {', '.join(get_args(Weights))}")
    codes = as_codes(labels, n=neighbors.n)
    sizes = np.bincount(codes)
    used = _neighborhood_sizes(codes, sizes, neighbors.k, class_fraction)
    same = codes[neighbors.indices] == codes[:, None]
    same &= np.arange(neighbors.k) < used[:, None]
    per_sample = same.sum(axis=1) / used
    weight = np.full(neighbors.n, 1 / neighbors.n) if weights == "sample" else 1 / (len(sizes) * sizes[codes])
    chance = (sizes[codes] - 1) / (neighbors.n - 1)
    return Overlap(float(weight @ per_sample), per_sample, float(weight @ chance))


def _neighborhood_sizes(
    codes: Int[np.ndarray, " n"], sizes: Int[np.ndarray, " classes"], k: int, class_fraction: float | None
) -> Int[np.ndarray, " n"]:
    if class_fraction is None:
        return np.full(len(codes), k)
    if not 0 < class_fraction <= 1:
        raise UsageError(f"class_fraction={class_fraction}", "Choose a fraction above 0 and up to 1")
    wanted = np.maximum(1, np.rint(class_fraction * sizes).astype(np.int64))
    if wanted.max() > k:
        raise ArrayError(
            f"the largest class has {sizes.max()} samples and needs {wanted.max()} neighbours, the graph holds {k}",
            f"Search with k={wanted.max()} or choose a smaller class_fraction",
        )
    return wanted[codes]


@njit(nogil=True, cache=True)
def _count_shared(a, b, out):  # type: ignore[no-untyped-def]
    marked = np.full(a.shape[0], -1, np.int64)
    for i in range(a.shape[0]):
        for t in range(a.shape[1]):
            marked[a[i, t]] = i
        shared = 0
        for t in range(b.shape[1]):
            shared += marked[b[i, t]] == i
        out[i] = shared
