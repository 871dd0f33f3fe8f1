"""Permutation-null calibration: exact nulls for tiny samples, uniform p-values, zero for chance."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.measures._calibrate import calibrate
from nucleate.measures._cka import cka
from nucleate.measures._overlap import overlap
from nucleate.neighbors import Neighbors, knn


def absolute_correlation(a: np.ndarray, b: np.ndarray) -> float:
    return abs(float(np.corrcoef(a, b)[0, 1]))


def test_permuting_a_graph_is_permuting_its_samples() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    seen: list[Neighbors] = []
    calibrate(lambda a, b: seen.append(b) or overlap(a, b), knn(X, 5), knn(X, 5), permutations=20, seed=3)
    rng = np.random.default_rng(3)
    for permuted in seen[1:]:
        expected = knn(X[rng.permutation(50)], 5)
        np.testing.assert_array_equal(permuted.indices, expected.indices)
        np.testing.assert_array_equal(permuted.distances, expected.distances)


def test_null_draws_every_permutation_of_a_small_sample() -> None:
    a, b = np.array([0.0, 1.0, 3.0, 7.0]), np.array([1.0, 0.0, 2.0, 9.0])
    result = calibrate(absolute_correlation, a, b, permutations=2000)
    possible = np.array([absolute_correlation(a, b[list(order)]) for order in permutations(range(4))])
    assert set(np.round(result.null, 9)) == set(np.round(possible, 9))
    assert result.p_value == pytest.approx(np.mean(possible >= result.value), abs=0.03)


def test_threshold_counts_the_measured_value_as_a_draw() -> None:
    rng = np.random.default_rng(0)
    result = calibrate(absolute_correlation, rng.normal(size=30), rng.normal(size=30), permutations=99, level=0.1)
    assert result.threshold == np.sort(result.null)[89]
    assert result.p_value == (1 + np.sum(result.null >= result.value)) / 100
    assert result.calibrated == max(0, (result.value - result.threshold) / (1 - result.threshold))


def test_unrelated_samples_pass_the_threshold_no_more_often_than_the_level() -> None:
    rng = np.random.default_rng(1)
    results = [
        calibrate(absolute_correlation, rng.normal(size=12), rng.normal(size=12), permutations=39, level=0.1)
        for _ in range(300)
    ]
    assert np.mean([result.p_value <= 0.1 for result in results]) == pytest.approx(0.1, abs=0.05)
    assert np.mean([result.calibrated > 0 for result in results]) <= 0.15


def test_calibration_takes_away_what_width_gives_to_biased_cka() -> None:
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(2, 30, 500))
    result = calibrate(cka, X, Y, permutations=59)
    assert result.value > 0.9
    assert result.calibrated < 0.05
    itself = calibrate(cka, X, X, permutations=59)
    assert (itself.calibrated, itself.p_value) == (pytest.approx(1), pytest.approx(1 / 60))


def test_a_similarity_that_is_always_one_calibrates_to_zero() -> None:
    graph = knn(np.random.default_rng(0).normal(size=(10, 2)), 9)
    result = calibrate(overlap, graph, graph, permutations=30)
    assert (result.value, result.threshold, result.calibrated, result.p_value) == (1, 1, 0, 1)


def test_impossible_requests_are_named() -> None:
    a = np.arange(5.0)
    with pytest.raises(UsageError, match=r"level=0\.05 with 10 permutations"):
        calibrate(absolute_correlation, a, a, permutations=10)
    with pytest.raises(UsageError, match="level=1"):
        calibrate(absolute_correlation, a, a, level=1)
    with pytest.raises(ArrayError, match="one side has 5 samples, the other 4"):
        calibrate(absolute_correlation, a, a[:4])
    with pytest.raises(UsageError, match="the similarity is nan"):
        calibrate(lambda x, y: np.nan, a, a)
