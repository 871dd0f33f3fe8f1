from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from nucleate.clusters.hierarchical._distances import RELATIVE_ERROR, squared_distances
from nucleate.errors import ArrayError


@pytest.mark.parametrize("n", [1, 2, 5, 8, 203, 512, 513])  # 512 is where small groups end
@pytest.mark.parametrize("d", [1, 3, 257, 2100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_as_precise_as_subtracting_rows(n: int, d: int, dtype: type) -> None:
    X = (np.random.default_rng(n + d).normal(size=(n, d)) + 50).astype(dtype)
    squared, scale = squared_distances(X)
    expected = cdist(X.astype(np.float64), X.astype(np.float64), "sqeuclidean") * scale**2
    np.testing.assert_allclose(squared, expected, rtol=RELATIVE_ERROR, atol=0)
    np.testing.assert_array_equal(squared, squared.T)


@pytest.mark.parametrize("spread", [1e-1, 4e-2, 3e-2, 1e-2, 1e-3, 1e-6])
@pytest.mark.parametrize("n", [300, 600])
def test_close_pairs_keep_their_digits(spread: float, n: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3, 200))[rng.integers(0, 3, n)] + spread * rng.normal(size=(n, 200))
    squared, scale = squared_distances(X)
    np.testing.assert_allclose(squared, cdist(X, X, "sqeuclidean") * scale**2, rtol=RELATIVE_ERROR, atol=0)


def test_duplicates_are_at_distance_zero() -> None:
    X = np.random.default_rng(0).normal(size=(100, 30)).astype(np.float32) + 1e4
    squared, _ = squared_distances(np.concatenate([X, X]))
    assert (np.diag(squared[:100, 100:]) == 0).all()
    assert (squared == 0).sum() == 400


def test_more_distances_than_memory() -> None:
    with pytest.raises(ArrayError, match="5,000,000 samples take"):
        squared_distances(np.zeros((5_000_000, 1), dtype=np.float32))
