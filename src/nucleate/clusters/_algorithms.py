"""The clusterings one can ask for by name, all behind one call: samples and numbers of clusters in, labels out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Int

from nucleate.clusters._kmeans import kmeans
from nucleate.clusters.hierarchical import Linkage, linkage

WARD = 'J. H. Ward, "Hierarchical grouping to optimize an objective function", JASA 58, 1963'
MULLNER = 'D. Müllner, "Modern hierarchical, agglomerative clustering algorithms", arXiv:1109.2378, 2011'
ARTHUR = 'D. Arthur, S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007'


@dataclass(frozen=True)
class Algorithm:
    """A clustering that is told how many clusters to find.

    Attributes
    ----------
    name : str
        The name in tables and in the code.
    title : str
        For axes and headings.
    description : str
        One line.
    citation : str
    cluster : callable
        `cluster(X, n_clusters, seed=0)` with a sequence of numbers of clusters -> one row of labels for
        each, (cuts, n) int32. Hierarchical ones build a single tree for all and need no seed.

    Examples
    --------
    >>> ALGORITHMS["average"].cluster([[0.0], [1.0], [5.0]], [1, 2])
    array([[0, 0, 0],
           [0, 0, 1]], dtype=int32)
    """

    name: str
    title: str
    description: str
    citation: str
    cluster: Callable[..., Int[np.ndarray, "cuts n"]] = field(repr=False)


def _agglomerative(X: Any, n_clusters: Sequence[int], seed: int = 0, *, method: Linkage) -> Int[np.ndarray, "cuts n"]:
    return linkage(X, method).cut(n_clusters)


def _kmeans(X: Any, n_clusters: Sequence[int], seed: int = 0) -> Int[np.ndarray, "cuts n"]:
    return np.stack([kmeans(X, wanted, seed=seed) for wanted in n_clusters])


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        algorithm.name: algorithm
        for algorithm in (
            Algorithm(
                "ward",
                "Ward",
                "Merges the two clusters whose union adds the least variance.",
                WARD,
                partial(_agglomerative, method="ward"),
            ),
            Algorithm(
                "average",
                "Average linkage",
                "Merges the two clusters with the smallest mean distance between their samples.",
                MULLNER,
                partial(_agglomerative, method="average"),
            ),
            Algorithm(
                "complete",
                "Complete linkage",
                "Merges the two clusters with the smallest largest distance between their samples.",
                MULLNER,
                partial(_agglomerative, method="complete"),
            ),
            Algorithm(
                "single",
                "Single linkage",
                "Merges the two clusters with the closest pair of samples.",
                MULLNER,
                partial(_agglomerative, method="single"),
            ),
            Algorithm(
                "kmeans",
                "k-means",
                "Moves cluster means until no sample has a closer one; the best of ten starts.",
                ARTHUR,
                _kmeans,
            ),
        )
    }
)
