"""Ward's clustering as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from jaxtyping import Int
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.validation import check_is_fitted, validate_data

from nucleate.clusters.hierarchical import ward


class WardClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Ward's agglomerative clustering for scikit-learn pipelines, with `predict` for new samples.

    Parameters
    ----------
    n_clusters : int
        How many clusters to cut the tree into.

    Attributes
    ----------
    labels_ : (n,) int32
        Cluster of each sample, numbered by first appearance.
    cluster_centers_ : (n_clusters, d)
        Mean of each cluster.
    tree_ : Tree
        The whole hierarchy: `tree_.cut(m)` gives any other number of clusters at once.
    n_features_in_ : int
        Columns seen in `fit`.

    Examples
    --------
    >>> model = WardClustering(2).fit([[0.0], [1.0], [10.0], [12.0]])
    >>> model.labels_
    array([0, 0, 1, 1], dtype=int32)
    >>> model.predict([[9.0]])
    array([1])
    """

    def __init__(self, n_clusters: int = 2) -> None:
        self.n_clusters = n_clusters

    def fit(self, X: Any, y: Any = None) -> Self:
        """Build the tree of the rows of `X` and cut it; `y` is ignored."""
        X = validate_data(self, X, dtype=[np.float64, np.float32])
        self.tree_ = ward(X)
        self.labels_ = self.tree_.cut(self.n_clusters)
        self.cluster_centers_ = np.stack([X[self.labels_ == label].mean(axis=0) for label in range(self.n_clusters)])
        return self

    def predict(self, X: Any) -> Int[np.ndarray, " n"]:
        """Cluster whose mean is nearest to each row of `X`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return pairwise_distances_argmin(X, self.cluster_centers_)
