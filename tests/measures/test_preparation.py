import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nucleate.errors import ArrayError
from nucleate.measures._linear_probe import _principal_axes as preparation
from nucleate.measures._linear_probe._principal_axes import prepare

CPU = torch.device("cpu")


@pytest.mark.parametrize("shape", [(40, 6), (6, 40), (7, 7)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_inner_products_and_logits_stay(monkeypatch, shape, dtype, tolerance):
    monkeypatch.setattr(preparation, "CACHED", 50)
    monkeypatch.setattr(preparation, "BUFFERED", 50)
    rng = np.random.default_rng(0)
    X = (rng.standard_normal(shape) * 5 + 3).astype(dtype)
    X.flags.writeable = False
    order = rng.permutation(len(X))
    prepared = prepare(X, order, CPU)
    assert prepared.rows.dtype == torch.from_numpy(X.copy()).dtype
    assert prepared.rows.shape[1] <= min(shape)
    assert prepared.uncorrelated == (shape[1] > shape[0])

    centred = (X - X.astype(np.float64).mean(axis=0))[order]
    assert prepared.spread == pytest.approx((centred**2).sum() / len(X), rel=1e-6)
    products = prepared.rows.double() @ prepared.rows.double().T
    np.testing.assert_allclose(products, centred @ centred.T / prepared.spread, atol=10 * tolerance)

    parameters = torch.from_numpy(rng.standard_normal((3, prepared.rows.shape[1] + 1)))
    weights, intercepts = prepared.undo(parameters)
    logits = prepared.rows.double() @ parameters[:, :-1].T + parameters[:, -1]
    np.testing.assert_allclose(X[order].astype(np.float64) @ weights.T + intercepts, logits, atol=100 * tolerance)
    # Weights in the span of the rows keep their norm, up to the scale, so penalties mean the same.
    norm = (weights**2).sum() * prepared.spread
    assert norm == pytest.approx(float(parameters[:, :-1].square().sum()), rel=100 * tolerance)


def test_rotated_columns_are_uncorrelated():
    X = np.random.default_rng(0).standard_normal((8, 30))
    rows = prepare(X, np.arange(8), CPU).rows
    covariance = rows.T @ rows
    np.testing.assert_allclose(covariance, np.diag(covariance.diagonal()), atol=1e-12)


@given(st.integers(1, 4), st.integers(1, 6), st.floats(-1e6, 1e6))
def test_equal_rows_give_finite_nothing(n, d, value):
    X = np.full((n, d), value)
    prepared = prepare(X, np.arange(n), CPU)
    assert torch.isfinite(prepared.rows).all()
    assert float((prepared.rows - prepared.rows[0]).abs().max()) < 1e-6
    weights, intercepts = prepared.undo(torch.zeros(2, prepared.rows.shape[1] + 1).double())
    assert not weights.any()
    assert not intercepts.any()
    assert weights.shape == (2, d)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
def test_squares_that_overflow(shape):
    X = np.linspace(-1e200, 1e200, 15).reshape(shape)
    with pytest.raises(ArrayError, match="overflow"):
        prepare(X, np.arange(len(X)), CPU)
