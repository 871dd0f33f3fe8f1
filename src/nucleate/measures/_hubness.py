"""Hubness: how unevenly samples are chosen as neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from nucleate.errors import UsageError
from nucleate.neighbors import Neighbors


@dataclass(frozen=True, eq=False, repr=False)
class Hubness:
    """Who is whose neighbour, and how often.

    Attributes
    ----------
    occurrence : int64, (n,)
        How many neighbourhoods each sample belongs to (its in-degree); the mean is k.
    skewness : float
        Third standardised moment of the occurrence; 0 where all samples occur equally often.
    hubs : int64, (top,)
        The samples that occur most often, most frequent first, ties by index.
    """

    occurrence: Int[np.ndarray, " n"]
    skewness: float
    hubs: Int[np.ndarray, " top"]

    def __repr__(self) -> str:
        return f"Hubness(skewness={self.skewness:.3f}, top occurrence={self.occurrence[self.hubs[0]]})"


def hubness(neighbors: Neighbors, *, top: int = 10) -> Hubness:
    r"""Count in how many neighbourhoods each sample lies, and how skewed these counts are.

    .. math:: O_k(j) = |\{i : j \in N_k(i)\}|, \qquad S = \frac{\frac{1}{N} \sum_j (O_k(j) - k)^3}
              {(\frac{1}{N} \sum_j (O_k(j) - k)^2)^{3/2}}

    Parameters
    ----------
    neighbors : Neighbors
        k nearest neighbours of n samples.
    top : int
        Number of hubs to name (all samples, where there are fewer).

    Returns
    -------
    Hubness
        Occurrences, skewness and top hubs.

    Raises
    ------
    UsageError
        When `top` is below 1.

    Notes
    -----
    Time O(n k), memory O(n).

    References
    ----------
    Radovanović, Nanopoulos, Ivanović, "Hubs in space: popular nearest neighbors in high-dimensional data", Journal of
    Machine Learning Research 11, 2010.

    Examples
    --------
    >>> from nucleate.neighbors import knn
    >>> hubness(knn([[0.0], [1.0], [-1.1], [5.0]], 1), top=1)
    Hubness(skewness=0.000, top occurrence=2)
    """
    if top < 1:
        raise UsageError(f"top={top}", "Name at least one hub")
    occurrence = np.bincount(neighbors.indices.ravel(), minlength=neighbors.n)
    deviation = occurrence - neighbors.k
    variance = float(np.mean(deviation.astype(float) ** 2))
    skewness = float(np.mean(deviation.astype(float) ** 3)) / variance**1.5 if variance else 0.0
    return Hubness(occurrence, skewness, np.argsort(-occurrence, kind="stable")[:top])
