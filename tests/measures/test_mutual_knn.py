"""Mutual kNN alignment and Jaccard similarity against set arithmetic and random graphs."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.errors import ArrayError
from nucleate.measures._mutual_knn import jaccard, mutual_knn
from nucleate.neighbors import Neighbors, knn


def two_graphs(n: int = 60, k: int = 7) -> tuple[Neighbors, Neighbors]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    return knn(X, k), knn(X + 0.4 * rng.normal(size=(n, 4)), k)


def test_both_equal_set_arithmetic() -> None:
    a, b = two_graphs()
    pairs = [(set(p), set(q)) for p, q in zip(a.indices.tolist(), b.indices.tolist(), strict=True)]
    np.testing.assert_allclose(mutual_knn(a, b).per_sample, [len(p & q) / 7 for p, q in pairs])
    np.testing.assert_allclose(jaccard(a, b).per_sample, [len(p & q) / len(p | q) for p, q in pairs])
    assert jaccard(a, b).value == jaccard(b, a).value < mutual_knn(a, b).value


def test_both_are_one_for_equal_and_for_full_neighbourhoods() -> None:
    a, b = two_graphs(20, 19)
    for similarity in (mutual_knn, jaccard):
        assert similarity(a.first(4), a.first(4)).value == 1
        assert similarity(a, b).value == pytest.approx(similarity(a, b).chance) == pytest.approx(1)


def test_jaccard_chance_is_the_mean_over_random_graphs() -> None:
    rng = np.random.default_rng(0)

    def random_graph() -> Neighbors:
        order = rng.random((40, 40))
        np.fill_diagonal(order, np.inf)
        return Neighbors.from_arrays(order.argsort(axis=1)[:, :8], np.tile(np.arange(8.0), (40, 1)))

    drawn = [jaccard(random_graph(), random_graph()) for _ in range(100)]
    # 4,000 draws of standard deviation below 0.1
    assert np.mean([result.value for result in drawn]) == pytest.approx(drawn[0].chance, abs=0.006)


def test_graphs_that_do_not_match_are_refused() -> None:
    a, b = two_graphs()
    for similarity in (mutual_knn, jaccard):
        with pytest.raises(ArrayError, match="k=7, the other k=3"):
            similarity(a, b.first(3))
