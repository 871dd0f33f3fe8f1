"""Few coordinates: never farther apart than the rows, nearly as far where few directions hold the variance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from nucleate.clusters.hierarchical.ward_linear_memory._candidate_search import nearest_by_products
from nucleate.clusters.hierarchical.ward_linear_memory._neighbor_lists import Means
from nucleate.clusters.hierarchical.ward_linear_memory._projection import Contraction


def noise(n: int, d: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, d))


def low_rank(n: int, d: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, 9)) @ rng.normal(size=(9, d)) + 1e-3 * rng.normal(size=(n, d))


DATA = {
    "noise": noise(200, 256),
    "low rank": low_rank(200, 300),
    "rank of two": noise(200, 2) @ noise(2, 256),
    "offset of a million sigma": noise(200, 256) * 1e-6 + 0.5,
    "offset of 1e10 sigma": noise(200, 256) * 1e-10 + 0.5,
    "a constant column of 1e13 sigma": np.column_stack([np.full(200, 1e13), noise(200, 255)]),
    "an outlier": np.concatenate([low_rank(199, 256) * 1e-4, np.ones((1, 256))]),
    "crowds": np.repeat(noise(10, 256), 20, axis=0) + 1e-9 * noise(200, 256),
}


def contracted(X: np.ndarray) -> tuple[Contraction, np.ndarray, np.ndarray]:
    """The contraction of rows, their squared lengths from the mean, and all slots."""
    X = X / np.abs(X).max()
    slots = np.arange(len(X))
    means = Means(X, np.zeros_like(X), 1.0, X.mean(axis=0))
    contraction = Contraction(means, slots)
    contraction.place(means, slots)
    return contraction, ((X - X.mean(axis=0)) ** 2).sum(axis=1), slots


@pytest.mark.parametrize("name", DATA)
def test_nothing_is_told_farther_than_it_is(name: str) -> None:
    X = DATA[name]
    contraction, squared, slots = contracted(X)
    truth = cdist(X, X) / np.abs(X).max()
    np.fill_diagonal(truth, np.inf)
    places, lowest = contraction.nearest(slots, squared, 12)
    assert (lowest <= np.take_along_axis(truth, places, axis=1) * (1 + 1e-12)).all()
    outside = truth.copy()
    np.put_along_axis(outside, places, np.inf, axis=1)
    assert (lowest[:, -1] <= outside.min(axis=1) * (1 + 1e-12)).all()

    sizes = np.random.default_rng(2).integers(1, 20, len(X)).astype(np.float64)
    truth = truth**2 * 2 * sizes[:, None] * sizes / (sizes[:, None] + sizes)
    members, least, found, bounds = nearest_by_products(contraction.rows(squared), sizes, slots, slots)
    assert (found == 32).all()
    assert (least <= np.take_along_axis(truth, members, axis=1) * (1 + 1e-12)).all()
    np.put_along_axis(truth, members, np.inf, axis=1)
    assert (bounds <= truth.min(axis=1) * (1 + 1e-12)).all()


def test_few_directions_tell_nearly_everything() -> None:
    X = DATA["low rank"]
    contraction, squared, slots = contracted(X)
    truth = np.sort(cdist(X, X), axis=1)[:, 1:13] / np.abs(X).max()
    np.testing.assert_allclose(contraction.nearest(slots, squared, 12)[1], truth, rtol=2e-3)


def test_what_directions_leave_out_counts_by_its_length() -> None:
    """A row far outside the directions is far from the others, though its products with the directions are small."""
    X = np.concatenate([low_rank(199, 256), np.zeros((1, 256))]) / 100
    X[-1, 0] = 1.0
    means = Means(X, np.zeros_like(X), 1.0, np.zeros(256))
    contraction = Contraction(means, np.arange(199))
    contraction.place(means, np.arange(200))
    inside = contraction.directions.T @ X[-1]
    assert inside @ inside < 0.5
    assert contraction.points[-1, -1] == pytest.approx(np.sqrt(1 - inside @ inside), rel=1e-6)


def test_rows_that_vanish_have_no_directions() -> None:
    """Beside outliers that were not looked at, numbers may be too small for float32: lengths alone remain."""
    X = np.concatenate([noise(40, 256) * 1e-60, np.ones((1, 256)), -np.ones((1, 256))])
    means = Means(X, np.zeros_like(X), 1.0, np.zeros(256))
    contraction = Contraction(means, np.arange(40))
    assert contraction.directions.shape == (256, 0)
    slots = np.arange(42)
    contraction.place(means, slots)
    places, lowest = contraction.nearest(slots, (X**2).sum(axis=1), 3)
    assert (lowest <= np.take_along_axis(cdist(X, X), places, axis=1)).all()


@pytest.mark.parametrize("name", DATA)
def test_directions_are_orthonormal(name: str) -> None:
    contraction, _, _ = contracted(DATA[name])
    directions = contraction.directions
    np.testing.assert_allclose(directions.T @ directions, np.eye(directions.shape[1]), atol=1e-12)
    assert contraction.points.shape == (200, directions.shape[1] + 1)
