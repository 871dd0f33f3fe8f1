from __future__ import annotations

import mpmath
import numpy as np
import pytest

from nucleate.clusters import log_density
from nucleate.neighbors import knn


@pytest.mark.parametrize("dimension", [1, 2, 3.7, 50, 300])
def test_equals_the_formula_in_many_digits(dimension: float) -> None:
    neighbors = knn(np.random.default_rng(0).normal(size=(30, 4)), k=5)
    ball = mpmath.pi ** (mpmath.mpf(dimension) / 2) / mpmath.gamma(mpmath.mpf(dimension) / 2 + 1)
    expected = [
        float(mpmath.log(5 / (30 * ball * mpmath.mpf(float(r)) ** dimension))) for r in neighbors.distances[:, -1]
    ]
    np.testing.assert_allclose(log_density(neighbors, dimension), expected, rtol=1e-12)


def test_is_a_density() -> None:
    """On a uniform square the estimate is near one."""
    X = np.random.default_rng(0).uniform(size=(4000, 2))
    inside = (np.abs(X - 0.5) < 0.4).all(axis=1)
    assert np.median(np.exp(log_density(knn(X, k=30), 2)[inside])) == pytest.approx(1, abs=0.05)
