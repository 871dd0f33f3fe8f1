"""Neighbourhood and label overlap against set arithmetic, chance levels against random graphs."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.measures._overlap import label_overlap, overlap
from nucleate.neighbors import Neighbors, knn


def points(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 4))


def random_graph(n: int, k: int, rng: np.random.Generator) -> Neighbors:
    order = rng.random((n, n))
    np.fill_diagonal(order, np.inf)
    indices = order.argsort(axis=1)[:, :k]
    return Neighbors.from_arrays(indices, np.tile(np.arange(k), (n, 1)))


def test_overlap_equals_set_intersections() -> None:
    a, b = knn(points(60, 0), 7), knn(points(60, 0) + 0.4 * points(60, 1), 7)
    expected = [len(set(p) & set(q)) / 7 for p, q in zip(a.indices.tolist(), b.indices.tolist(), strict=True)]
    result = overlap(a, b)
    np.testing.assert_allclose(result.per_sample, expected)
    assert 0.2 < result.value == pytest.approx(np.mean(expected))
    assert overlap(b, a).value == result.value


def test_overlap_with_itself_is_one_and_full_neighbourhoods_always_agree() -> None:
    a, b = knn(points(20, 0), 19), knn(points(20, 1), 19)
    assert overlap(a.first(5), a.first(5)).value == 1
    assert overlap(a, b).value == overlap(a, b).chance == 1


def test_overlap_chance_is_the_mean_over_random_graphs() -> None:
    rng = np.random.default_rng(0)
    drawn = [overlap(random_graph(50, 6, rng), random_graph(50, 6, rng)) for _ in range(60)]
    # 60 x 50 x 6 draws of probability 6/49: standard error 0.0024
    assert np.mean([result.value for result in drawn]) == pytest.approx(drawn[0].chance, abs=0.008)


def test_overlap_refuses_graphs_that_do_not_match() -> None:
    a = knn(points(20, 0), 5)
    with pytest.raises(ArrayError, match="20 samples, the other 21"):
        overlap(a, knn(points(21, 0), 5))
    with pytest.raises(ArrayError, match=r"k=5, the other k=3.*\.first\(3\)"):
        overlap(a, a.first(3))


@pytest.mark.parametrize("weights", ["sample", "class"])
def test_label_overlap_equals_a_plain_loop(weights: str) -> None:
    rng = np.random.default_rng(2)
    labels = rng.choice(list("aaaabbc"), 80)
    graph = knn(points(80, 3) + 1.5 * (labels == "a")[:, None], 9)
    fractions = [np.mean([labels[j] == labels[i] for j in graph.indices[i]]) for i in range(80)]
    result = label_overlap(graph, labels, weights=weights)  # type: ignore[arg-type]
    np.testing.assert_allclose(result.per_sample, fractions)
    classes = [np.mean([f for f, label in zip(fractions, labels, strict=True) if label == c]) for c in "abc"]
    assert result.value == pytest.approx(np.mean(fractions) if weights == "sample" else np.mean(classes))


def test_label_overlap_chance_follows_the_closed_forms() -> None:
    labels = np.repeat(["a", "b", "c"], [30, 8, 2])
    n, sizes = 40, np.array([30, 8, 2])
    graph = knn(points(n, 0), 3)
    by_sample, by_class = label_overlap(graph, labels).chance, label_overlap(graph, labels, weights="class").chance
    assert by_sample == pytest.approx(np.sum(sizes / n * (sizes - 1) / (n - 1)))
    assert by_class == pytest.approx((n / 3 - 1) / (n - 1))


@pytest.mark.parametrize("weights", ["sample", "class"])
@pytest.mark.parametrize("class_fraction", [None, 0.2])
def test_label_overlap_chance_is_the_mean_over_random_graphs(weights: str, class_fraction: float | None) -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], [25, 10, 5])
    drawn = [
        label_overlap(random_graph(40, 6, rng), labels, weights=weights, class_fraction=class_fraction)  # type: ignore[arg-type]
        for _ in range(150)
    ]
    assert np.mean([result.value for result in drawn]) == pytest.approx(drawn[0].chance, abs=0.015)


def test_class_fraction_takes_each_class_its_own_number_of_neighbours() -> None:
    labels = np.repeat([0, 1], [30, 10])
    graph = knn(points(40, 5), 6)
    result = label_overlap(graph, labels, class_fraction=0.2)
    np.testing.assert_allclose(result.per_sample[:30], label_overlap(graph, labels).per_sample[:30])
    np.testing.assert_allclose(result.per_sample[30:], label_overlap(graph.first(2), labels).per_sample[30:])


def test_label_overlap_does_not_depend_on_names_or_row_order() -> None:
    X, labels = points(50, 0), np.random.default_rng(0).integers(0, 4, 50)
    order = np.random.default_rng(1).permutation(50)
    value = label_overlap(knn(X, 5), labels).value
    assert label_overlap(knn(X, 5), [f"class {9 - c}" for c in labels]).value == value
    assert label_overlap(knn(X[order], 5), labels[order]).value == pytest.approx(value, abs=1e-15)


def test_one_class_and_singleton_classes_have_defined_values() -> None:
    graph = knn(points(10, 0), 3)
    single = label_overlap(graph, ["only"] * 10)
    assert (single.value, single.chance) == (pytest.approx(1), pytest.approx(1))
    alone = label_overlap(graph, np.arange(10), weights="class")
    assert (alone.value, alone.chance) == (0, 0)


def test_label_overlap_names_what_is_wrong() -> None:
    graph = knn(points(10, 0), 3)
    with pytest.raises(ArrayError, match="9 entries for 10 samples"):
        label_overlap(graph, np.zeros(9, int))
    with pytest.raises(ArrayError, match="10 samples and needs 5 neighbours, the graph holds 3"):
        label_overlap(graph, np.zeros(10, int), class_fraction=0.5)
    with pytest.raises(UsageError, match="class_fraction=0"):
        label_overlap(graph, np.zeros(10, int), class_fraction=0)
    with pytest.raises(UsageError, match="unknown weights 'size'"):
        label_overlap(graph, np.zeros(10, int), weights="size")  # type: ignore[arg-type]
