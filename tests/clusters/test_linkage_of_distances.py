"""Trees of distances alone: the same as those of the rows, however the distances were gathered."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from nucleate.clusters import Linkage, linkage, linkage_of_distances, normalized
from nucleate.clusters.hierarchical._distances import squared_distances
from nucleate.errors import ArrayError

METHODS = ["ward", "average", "complete", "single"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 40])
def test_the_tree_is_that_of_the_rows(method: Linkage, n: int) -> None:
    X = np.random.default_rng(0).normal(size=(n, 7)) + 3
    tree, expected = linkage_of_distances(cdist(X, X, "sqeuclidean"), method), linkage(X, method)
    np.testing.assert_array_equal(tree.linkage[:, [0, 1, 3]], expected.linkage[:, [0, 1, 3]])
    np.testing.assert_allclose(tree.linkage[:, 2], expected.linkage[:, 2], rtol=1e-10)
    assert tree.ties == expected.ties == 0


@pytest.mark.parametrize("method", METHODS)
def test_distances_of_float32_rows_give_the_same_bits(method: Linkage) -> None:
    X = normalized(np.random.default_rng(1).normal(size=(50, 900)).astype(np.float32))
    squared, _ = squared_distances(X)
    before = squared.copy()
    tree, expected = linkage_of_distances(squared, method), linkage(X, method)
    np.testing.assert_array_equal(tree.linkage, expected.linkage)
    np.testing.assert_array_equal(squared, before)


def test_distances_of_parts_of_the_columns_add_up() -> None:
    X = np.random.default_rng(2).normal(size=(30, 500)).astype(np.float32)
    X[7] = X[3]
    parts = sum(squared_distances(np.ascontiguousarray(X[:, start : start + 90]))[0] for start in range(0, 500, 90))
    tree, expected = linkage_of_distances(parts), linkage(X)
    assert tree.linkage[0, 2] == 0
    np.testing.assert_array_equal(tree.linkage[:, :2], expected.linkage[:, :2])


def test_a_gram_matrix_of_unit_rows_tells_the_distances() -> None:
    X = normalized(np.random.default_rng(3).normal(size=(30, 20)))
    squared = np.maximum(2 - 2 * X @ X.T, 0)
    np.fill_diagonal(squared, 0)
    squared = (squared + squared.T) / 2
    np.testing.assert_array_equal(linkage_of_distances(squared).cut([2, 5, 9]), linkage(X).cut([2, 5, 9]))


@pytest.mark.parametrize("scale", [1e-280, 1e-10, 1e290])
@pytest.mark.parametrize("method", METHODS)
def test_neither_small_nor_large_distances_are_lost(scale: float, method: Linkage) -> None:
    squared = cdist(*[np.random.default_rng(4).normal(size=(20, 3))] * 2, "sqeuclidean")
    tree, expected = linkage_of_distances(squared * scale, method), linkage_of_distances(squared, method)
    np.testing.assert_array_equal(tree.cut(range(1, 21)), expected.cut(range(1, 21)))
    np.testing.assert_allclose(tree.linkage[:, 2], expected.linkage[:, 2] * np.sqrt(scale), rtol=1e-12)


def test_negative_zeros_are_zeros() -> None:
    squared = np.array([[0.0, -0.0, 4.0], [-0.0, 0.0, 4.0], [4.0, 4.0, 0.0]])
    np.testing.assert_array_equal(linkage_of_distances(squared, "single").linkage[:, 2], [0, 2])


@pytest.mark.parametrize(
    ("squared", "message"),
    [
        ([[0.0, 1.0], [2.0, 0.0]], "symmetric"),
        ([[0.0, 1.0]], "symmetric"),
        ([[0.0, -1.0], [-1.0, 0.0]], "negative"),
        ([[1.0, 1.0], [1.0, 0.0]], "itself"),
        ([[0.0, np.nan], [np.nan, 0.0]], "NaN"),
        ([0.0, 1.0], "shape"),
    ],
)
def test_what_cannot_be_distances_is_refused(squared: list[list[float]], message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        linkage_of_distances(squared)


def test_unknown_method() -> None:
    with pytest.raises(ArrayError, match="'ward'"):
        linkage_of_distances([[0.0]], "wart")  # type: ignore[arg-type]
