"""k-occurrence and skewness against plain counting and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from nucleate.errors import UsageError
from nucleate.measures._hubness import hubness
from nucleate.neighbors import Neighbors, knn


def test_occurrence_skewness_and_hubs_equal_plain_counts() -> None:
    graph = knn(np.random.default_rng(0).normal(size=(200, 30)), 10)
    counts = [sum(j in row for row in graph.indices.tolist()) for j in range(200)]
    result = hubness(graph, top=5)
    assert result.occurrence.tolist() == counts
    assert result.occurrence.mean() == 10
    assert result.skewness == pytest.approx(skew(counts), rel=1e-12)
    assert result.hubs.tolist() == sorted(range(200), key=lambda j: (-counts[j], j))[:5]


def test_high_dimension_makes_hubs() -> None:
    rng = np.random.default_rng(0)
    flat, deep = (hubness(knn(rng.normal(size=(500, d)), 10)).skewness for d in (2, 200))
    assert deep > 1.5 > 0.5 > flat


def test_equal_occurrence_has_no_skewness() -> None:
    ring = np.arange(12)
    graph = Neighbors.from_arrays(np.stack([(ring + 1) % 12, (ring - 1) % 12], axis=1), np.ones((12, 2)))
    assert hubness(graph).skewness == 0
    assert hubness(graph, top=3).hubs.tolist() == [0, 1, 2]
    assert len(hubness(graph, top=50).hubs) == 12


def test_no_hubs_cannot_be_named() -> None:
    with pytest.raises(UsageError, match="top=0"):
        hubness(knn([[0.0], [1.0], [3.0]], 1), top=0)
