from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestCentroid
from sklearn.utils.estimator_checks import parametrize_with_checks

from nucleate.clusters import WardClustering
from nucleate.errors import ArrayError

X = np.random.default_rng(0).normal(size=(80, 4))


@parametrize_with_checks([WardClustering()])
def test_scikit_learns_rules(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)


@pytest.mark.parametrize("n_clusters", [1, 3, 80])
def test_labels_are_those_of_scikit_learn(n_clusters: int) -> None:
    expected = AgglomerativeClustering(n_clusters).fit_predict(X)
    assert adjusted_rand_score(expected, WardClustering(n_clusters).fit_predict(X)) == 1.0


def test_predict_takes_the_nearest_mean() -> None:
    model = WardClustering(5).fit(X)
    new = np.random.default_rng(1).normal(size=(30, 4))
    np.testing.assert_array_equal(model.predict(new), NearestCentroid().fit(X, model.labels_).predict(new))


def test_more_clusters_than_samples() -> None:
    with pytest.raises(ArrayError, match="80 samples"):
        WardClustering(81).fit(X)
