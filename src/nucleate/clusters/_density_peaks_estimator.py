"""Density peak clustering as a scikit-learn estimator."""

from __future__ import annotations

import warnings
from typing import Any, Literal, Self

import numpy as np
from jaxtyping import Int
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.validation import check_is_fitted, validate_data

from nucleate.clusters._density_peaks import Border, DensityError, density_peaks
from nucleate.neighbors import knn


class DensityPeaks(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Density peak clustering for scikit-learn pipelines; finds the number of clusters itself.

    Parameters
    ----------
    n_neighbors : int
        Neighbours behind each density, well below the number of samples in a cluster (the paper takes a tenth of it);
        clipped to the number of samples less one, with a warning.
    z, dimension, error, border, duplicates
        See `density_peaks`.

    Attributes
    ----------
    labels_ : (n,) int32
        Peak of each sample, numbered from the densest (0) down.
    peaks_ : Peaks
        Saddles, merges and densities; `peaks_.at(z)` answers for any other `z`.
    n_features_in_ : int
        Columns seen in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(size=(200, 2)), rng.normal(size=(100, 2)) + 8])
    >>> model = DensityPeaks(n_neighbors=20, dimension=2).fit(X)
    >>> model.predict([[8.0, 8.0], [0.0, 0.0]])
    array([1, 0], dtype=int32)
    """

    def __init__(
        self,
        n_neighbors: int = 10,
        *,
        z: float = 1.65,
        dimension: float | None = None,
        error: DensityError = "knn",
        border: Border = "nearest",
        duplicates: Literal["error", "collapse"] = "error",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.z = z
        self.dimension = dimension
        self.error = error
        self.border = border
        self.duplicates = duplicates

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the density peaks of the rows of `X`; `y` is ignored."""
        X = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        k = self.n_neighbors
        if k > len(X) - 1:
            warnings.warn(f"n_neighbors = {k} is clipped to {len(X) - 1} for {len(X)} samples", stacklevel=2)
            k = len(X) - 1
        self.peaks_ = density_peaks(
            knn(X, k=k),
            dimension=self.dimension,
            z=self.z,
            error=self.error,
            border=self.border,
            duplicates=self.duplicates,
        )
        self.labels_ = self.peaks_.labels
        self._samples = X
        return self

    def predict(self, X: Any) -> Int[np.ndarray, " n"]:
        """Peak of the nearest sample seen in `fit`, for each row of `X`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return self.labels_[pairwise_distances_argmin(X, self._samples)]
