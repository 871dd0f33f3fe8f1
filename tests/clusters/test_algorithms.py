from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from nucleate.clusters import ALGORITHMS, kmeans, linkage

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, 90)
X = 30 * np.eye(3)[TRUTH] + RNG.normal(size=(90, 3))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_finds_separated_groups(name: str) -> None:
    algorithm = ALGORITHMS[name]
    labels = algorithm.cluster(X, [3, 6], seed=0)
    assert labels.shape == (2, 90)
    assert labels.dtype == np.int32
    assert adjusted_rand_score(TRUTH, labels[0]) == 1.0
    assert labels[1].max() == 5
    assert algorithm.name == name
    assert algorithm.citation


def test_they_are_the_public_functions() -> None:
    np.testing.assert_array_equal(ALGORITHMS["single"].cluster(X, [5])[0], linkage(X, "single").cut(5))
    np.testing.assert_array_equal(ALGORITHMS["kmeans"].cluster(X, [5], seed=2)[0], kmeans(X, 5, seed=2))
