from __future__ import annotations

import numpy as np
import pytest

from nucleate.clusters import normalized
from nucleate.errors import ArrayError

X = np.random.default_rng(0).normal(size=(20, 300)) + 3


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-7), (np.float64, 1e-15)])
def test_unit_rows(dtype: type, tolerance: float) -> None:
    rows = normalized(X.astype(dtype), "unit")
    assert rows.dtype == dtype
    np.testing.assert_allclose(np.linalg.norm(rows.astype(np.float64), axis=1), 1, atol=tolerance)
    np.testing.assert_allclose(rows, X / np.linalg.norm(X, axis=1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_unit_rows_neither_overflow_nor_vanish(scale: float) -> None:
    np.testing.assert_allclose(normalized(X * scale), normalized(X), rtol=1e-12)


def test_zero_rows_stay_zero() -> None:
    np.testing.assert_array_equal(normalized([[0.0, 0.0], [0.0, -2.0]]), [[0, 0], [0, -1]])


def test_centred_columns() -> None:
    np.testing.assert_allclose(normalized(X, "centred"), X - X.mean(axis=0), atol=1e-14)
    assert normalized(X.astype(np.float16), "centred").dtype == np.float32


def test_none_keeps_values() -> None:
    np.testing.assert_array_equal(normalized(X, "none"), X)


def test_input_is_left_alone() -> None:
    before = X.copy()
    normalized(X, "unit")
    normalized(X, "centred")
    np.testing.assert_array_equal(X, before)


def test_unknown_name() -> None:
    with pytest.raises(ArrayError, match="'centred'"):
        normalized(X, "centered")  # type: ignore[arg-type]
