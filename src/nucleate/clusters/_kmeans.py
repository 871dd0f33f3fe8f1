"""k-means."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from jaxtyping import Int

from nucleate.arrays import as_matrix
from nucleate.clusters.hierarchical import by_first_appearance
from nucleate.errors import ArrayError

# Threads wait for one another in each of the many short rounds: on a busy machine that takes longer than the rounds.
_ONE_THREAD = 2**21


def kmeans(X: Any, n_clusters: int, *, seed: int = 0, restarts: int = 10) -> Int[np.ndarray, " n"]:
    """Partition rows around `n_clusters` means so that the squared distances to them are small.

    Parameters
    ----------
    X : (n, d) array or tensor
        Samples, Euclidean.
    n_clusters : int
        How many clusters, 1..n.
    seed : int
        Of the random starts.
    restarts : int
        How many k-means++ starts to try; the best is kept.

    Returns
    -------
    (n,) int32
        Labels numbered by first appearance. Fewer than `n_clusters` when `X` has fewer distinct rows.

    Raises
    ------
    ArrayError
        When `X` is not a matrix of finite real numbers, or `n_clusters` is not from 1 to n.

    Notes
    -----
    Lloyd's algorithm of scikit-learn [1]_: O(n d n_clusters) time for each of up to 300 rounds and each restart.

    References
    ----------
    .. [1] Arthur, D., Vassilvitskii, S. k-means++: the advantages of careful seeding. SODA (2007).

    Examples
    --------
    >>> kmeans([[0.0], [10.0], [1.0], [12.0]], 2)
    array([0, 1, 0, 1], dtype=int32)
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    matrix = as_matrix(X)
    if not 1 <= n_clusters <= len(matrix):
        raise ArrayError(f"n_clusters = {n_clusters} for {len(matrix)} samples", f"Ask for 1 to {len(matrix)} clusters")
    with warnings.catch_warnings(), threadpool_limits(1 if matrix.size < _ONE_THREAD else None):
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than clusters: stated above
        labels = KMeans(n_clusters, n_init=restarts, random_state=seed).fit_predict(matrix)
    return by_first_appearance(labels)
