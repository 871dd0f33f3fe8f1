from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from nucleate.clusters import Saddles
from nucleate.clusters._density_peaks._peak_embedding import layout


def make_saddles(pairs: list[tuple[int, int]], log_density: list[float]) -> Saddles:
    densest = np.argsort(log_density)[::-1]
    return Saddles(
        np.array(pairs, dtype=np.int32).reshape(-1, 2)[densest],
        np.arange(len(pairs)),
        np.array(log_density, dtype=float)[densest],
    )


def test_three_peaks_keep_their_dissimilarities() -> None:
    positions = layout(make_saddles([(0, 1), (0, 2), (1, 2)], [-3.0, -4.0, -5.0]), np.array([0.0, -1, -1]), -9.0)
    np.testing.assert_allclose(pdist(positions), [3, 4, 5])


def test_peaks_apart_are_as_far_as_the_missing_saddle() -> None:
    positions = layout(make_saddles([(0, 1)], [-2.0]), np.array([0.0, -0.5, -1.0]), -6.0)
    np.testing.assert_allclose(pdist(positions), [2, 6, 6])


@pytest.mark.parametrize("peaks", [1, 2, 5])
def test_few_peaks_without_saddles(peaks: int) -> None:
    positions = layout(make_saddles([], []), np.zeros(peaks), -3.0)
    assert positions.shape == (peaks, 2)
    assert np.isfinite(positions).all()


def test_many_peaks_on_a_grid_keep_their_order() -> None:
    side = 12  # more peaks than landmarks
    grid = np.stack(np.meshgrid(range(side), range(side)), axis=-1).reshape(-1, 2)
    pairs = [(i, j) for i in range(side**2) for j in range(i + 1, side**2) if np.abs(grid[i] - grid[j]).sum() == 1]
    positions = layout(make_saddles(pairs, [-1.0] * len(pairs)), np.zeros(side**2), -100.0)
    assert spearmanr(pdist(positions), pdist(grid)).statistic > 0.95
    nearest = np.argsort(squareform(pdist(positions)), axis=1)[:, 1]
    assert np.abs(grid - grid[nearest]).sum(axis=1).max() <= 2
