"""Image and neighbourhood entropy against scipy, closed forms and real shuffles."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from nucleate.errors import ArrayError
from nucleate.measures._image_entropy import image_entropy, neighborhood_entropy
from nucleate.neighbors import knn


def test_entropy_equals_scipy_channel_by_channel() -> None:
    images = (np.random.default_rng(0).normal(120, 30, (5, 8, 9, 3)).clip(0, 255)).astype(np.uint8)
    expected = [
        np.mean([entropy(np.unique(image[..., c], return_counts=True)[1], base=2) for c in range(3)])
        for image in images
    ]
    np.testing.assert_allclose(image_entropy(images), expected, rtol=1e-12)
    np.testing.assert_allclose(image_entropy(torch.from_numpy(images)), expected, rtol=1e-12)
    np.testing.assert_allclose(image_entropy(images[..., 0]), image_entropy(images[..., :1]))


def test_entropy_runs_from_plain_to_all_values() -> None:
    plain, every = np.full((16, 16), 7), np.arange(256).reshape(16, 16)
    assert image_entropy(np.stack([plain, every]).astype(np.uint8)).tolist() == [0, 8]
    assert not np.signbit(image_entropy(np.zeros((1, 2, 2), np.uint8))).any()
    assert image_entropy(np.zeros((0, 4, 4), np.uint8)).shape == (0,)


def test_images_of_other_kinds_are_named() -> None:
    with pytest.raises(ArrayError, match="dtype float64"):
        image_entropy(np.zeros((2, 3, 3)))
    with pytest.raises(ArrayError, match=r"shape \(2, 3\)"):
        image_entropy(np.zeros((2, 3), np.uint8))


def test_neighborhood_entropy_equals_a_plain_loop() -> None:
    rng = np.random.default_rng(1)
    graph, values = knn(rng.normal(size=(80, 5)), 6), rng.random(80)
    result = neighborhood_entropy(graph, values)
    np.testing.assert_allclose(result.per_sample, [np.mean([values[j] for j in row]) for row in graph.indices])
    assert result.value == pytest.approx(result.per_sample.mean())


def test_shuffled_reference_is_that_of_real_shuffles() -> None:
    rng = np.random.default_rng(2)
    graph, values = knn(rng.normal(size=(60, 20)), 5), rng.gamma(2.0, size=60)
    result = neighborhood_entropy(graph, values)
    shuffled = [values[rng.permutation(60)][graph.indices].mean() for _ in range(4000)]
    assert result.shuffled == pytest.approx(np.mean(shuffled), abs=4 * result.shuffled_deviation / 4000**0.5)
    assert result.shuffled_deviation == pytest.approx(np.std(shuffled), rel=0.05)


def test_simple_hubs_lower_the_entropy() -> None:
    X = np.random.default_rng(3).normal(size=(300, 100))
    result = neighborhood_entropy(knn(X, 10), np.linalg.norm(X, axis=1))  # the centre holds the hubs
    assert result.value < result.shuffled - 5 * result.shuffled_deviation


def test_entropies_that_do_not_fit_are_named() -> None:
    graph = knn([[0.0], [1.0], [3.0]], 1)
    for bad in (np.zeros(2), np.array([0, np.nan, 1]), np.array(["a", "b", "c"])):
        with pytest.raises(ArrayError, match="one finite number for each of the 3 samples"):
            neighborhood_entropy(graph, bad)
