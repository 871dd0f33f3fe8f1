"""The rounding-error bound of product distances against products and true distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleate.neighbors._bounds import ErrorBound


def product_distances(X: np.ndarray, dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Distances from products in some precision, and each row's distance from the centre."""
    moved = X - X.mean(axis=0)
    rows = moved.astype(dtype)
    norms = np.sum(moved**2, axis=1)
    rounded = norms.astype(dtype)
    return rounded[:, None] + rounded[None, :] - 2 * (rows @ rows.T), np.sqrt(norms)


def true_squares(X: np.ndarray) -> np.ndarray:
    return np.array([((X.astype(np.longdouble) - x) ** 2).sum(axis=1) for x in X.astype(np.longdouble)])


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3, 50, 700]),
    st.sampled_from([0.0, 1e2, 1e6]),
    st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=60, deadline=None)
def test_no_product_distance_exceeds_the_bound(seed: int, columns: int, spread: float, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, columns)) + spread * rng.integers(0, 2, (40, 1))
    products, radius = product_distances(X, dtype)
    squares = true_squares(X)
    bound = ErrorBound.of(dtype, columns=columns, chunk=4096)
    for i in range(len(X)):
        limits = bound.product_limit(squares[i].astype(np.float64), np.full(len(X), radius[i]))
        assert (products[i] <= limits).all()


@pytest.mark.parametrize(("dtype", "slack"), [(np.float32, 2e-3), (np.float64, 4e-12)])
def test_the_bound_is_tight_enough_to_prove_something(dtype: type, slack: float) -> None:
    X = np.random.default_rng(0).normal(size=(100, 2048))
    squares = true_squares(X)[0, 1:].astype(np.float64)
    radius = np.full(99, np.linalg.norm(X[0] - X.mean(axis=0)))
    limits = ErrorBound.of(dtype, columns=2048, chunk=4096).product_limit(squares, radius)
    assert (limits > squares).all()
    assert (limits < squares * (1 + slack)).all()


def test_chunks_tighten_the_bound_of_long_rows() -> None:
    whole, cut = (ErrorBound.of(np.float32, columns=800_000, chunk=chunk) for chunk in (800_000, 4096))
    assert cut.relative < whole.relative / 100


def test_the_limit_grows_with_the_distance() -> None:
    squares = np.linspace(0, 10, 50)
    limits = ErrorBound.of(np.float32, columns=10, chunk=4096).product_limit(squares, np.ones(50))
    assert (np.diff(limits) > 0).all()
