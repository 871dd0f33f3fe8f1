from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from nucleate.clusters import kmeans
from nucleate.errors import ArrayError

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, 200)
X = 20 * np.eye(4, 6)[TRUTH] + RNG.normal(size=(200, 6))


def test_separated_groups_are_found() -> None:
    labels = kmeans(X, 4)
    assert labels.dtype == np.int32
    assert adjusted_rand_score(TRUTH, labels) == 1.0


def test_no_sample_is_nearer_to_another_mean() -> None:
    labels = kmeans(X, 7)
    means = np.stack([X[labels == label].mean(axis=0) for label in range(7)])
    distances = np.linalg.norm(X[:, None] - means, axis=2)
    np.testing.assert_allclose(distances[np.arange(200), labels], distances.min(axis=1))


def test_labels_are_numbered_by_first_appearance() -> None:
    labels = kmeans(X, 5)
    assert list(dict.fromkeys(labels.tolist())) == [0, 1, 2, 3, 4]


def test_the_seed_decides() -> None:
    noise = RNG.normal(size=(60, 2))
    np.testing.assert_array_equal(kmeans(noise, 9, seed=3, restarts=1), kmeans(noise, 9, seed=3, restarts=1))
    assert (kmeans(noise, 9, seed=0, restarts=1) != kmeans(noise, 9, seed=1, restarts=1)).any()


def test_extremes() -> None:
    np.testing.assert_array_equal(kmeans([[1.0]], 1), [0])
    np.testing.assert_array_equal(kmeans(X[:5], 5), range(5))
    np.testing.assert_array_equal(kmeans([[0.0], [0.0], [1.0]], 3), [0, 0, 1])


@pytest.mark.parametrize("n_clusters", [0, 201])
def test_impossible_numbers(n_clusters: int) -> None:
    with pytest.raises(ArrayError, match="200 samples"):
        kmeans(X, n_clusters)
