from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from nucleate.clusters import DensityPeaks, density_peaks
from nucleate.neighbors import knn

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(60, 3)), RNG.normal(size=(40, 3)) + 9])


@pytest.mark.filterwarnings("ignore:n_neighbors = 10 is clipped")
@parametrize_with_checks([DensityPeaks()])
def test_scikit_learns_rules(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)


def test_is_the_function() -> None:
    model = DensityPeaks(12, dimension=3, z=1.0, error="paper", border="any").fit(X)
    peaks = density_peaks(knn(X, k=12), dimension=3, z=1.0, error="paper", border="any")
    np.testing.assert_array_equal(model.labels_, peaks.labels)
    assert repr(model.peaks_) == repr(peaks)


def test_predict_returns_training_labels_and_follows_the_nearest_sample() -> None:
    model = DensityPeaks(12, dimension=3, z=3).fit(X)
    np.testing.assert_array_equal(model.predict(X), model.labels_)
    assert model.predict([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]).tolist() == model.labels_[[0, 99]].tolist()


def test_too_many_neighbours_are_clipped_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="clipped to 99"):
        assert DensityPeaks(200, dimension=3).fit(X).peaks_.k == 99
