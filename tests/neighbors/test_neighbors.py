"""The neighbour graph as a value: checks, mending and refusals of graphs made elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from nucleate.errors import ArrayError, UsageError
from nucleate.neighbors import Neighbors, knn

INDICES = np.array([[1, 2], [0, 2], [1, 0]])
DISTANCES = np.array([[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]])


def test_attributes_and_repr() -> None:
    graph = Neighbors.from_arrays(INDICES, DISTANCES)
    assert (graph.n, graph.k, graph.metric) == (3, 2, "euclidean")
    assert (graph.indices.dtype, graph.distances.dtype) == (np.int32, np.float64)
    assert repr(graph) == "Neighbors(n=3, k=2, metric='euclidean')"


def test_first_cuts_the_same_lists() -> None:
    graph = knn(np.random.default_rng(0).normal(size=(30, 3)), 8)
    np.testing.assert_array_equal(graph.first(3).indices, graph.indices[:, :3])
    np.testing.assert_array_equal(graph.first(3).distances, graph.distances[:, :3])
    for k in (0, 9):
        with pytest.raises(ArrayError, match=f"k={k} of 8 neighbours"):
            graph.first(k)


def test_rows_are_sorted_by_distance_then_index() -> None:
    graph = Neighbors.from_arrays(
        [[3, 2, 1], [3, 2, 0], [0, 1, 3], [0, 1, 2]], [[2, 1, 1], [0, 2, 1], [1, 1, 1], [3, 2, 1]]
    )
    assert graph.indices.tolist() == [[1, 2, 3], [3, 0, 2], [0, 1, 3], [2, 1, 0]]
    assert graph.distances.tolist() == [[1, 1, 2], [0, 1, 2], [1, 1, 1], [1, 2, 3]]


def test_self_listed_in_every_row_is_dropped() -> None:
    X = np.random.default_rng(0).normal(size=(40, 3))
    distances, indices = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(X).kneighbors(X)
    adopted, ours = Neighbors.from_arrays(indices, distances), knn(X, 5)
    np.testing.assert_array_equal(adopted.indices, ours.indices)
    np.testing.assert_allclose(adopted.distances, ours.distances, rtol=1e-7)


def test_tensors_are_adopted_as_copies() -> None:
    indices, distances = torch.from_numpy(INDICES.copy()), torch.from_numpy(DISTANCES.copy())
    graph = Neighbors.from_arrays(indices, distances)
    indices[:], distances[:] = 0, 0
    np.testing.assert_array_equal(graph.indices, INDICES)
    np.testing.assert_array_equal(graph.distances, DISTANCES)


@pytest.mark.parametrize(
    ("row", "indices", "distances", "message"),
    [
        (1, [-1, 2], [1, 2], "row 1 .* negative index"),
        (2, [0, 3], [1, 2], "row 2 .* beyond the 3 samples"),
        (0, [2, 2], [1, 2], "row 0 .* lists a neighbour twice"),
        (1, [0, 2], [1, -2], "row 1 .* negative or NaN distance"),
        (1, [0, 2], [1, np.nan], "row 1 .* negative or NaN distance"),
        (1, [1, 2], [0, 2], "row 1 .* lists its own sample, row 0 does not"),
    ],
)
def test_a_damaged_row_is_named(row: int, indices: list[int], distances: list[float], message: str) -> None:
    bad_indices, bad_distances = INDICES.copy(), DISTANCES.copy()
    bad_indices[row], bad_distances[row] = indices, distances
    with pytest.raises(ArrayError, match=message):
        Neighbors.from_arrays(bad_indices, bad_distances)


def test_shapes_and_types_that_cannot_be_a_graph() -> None:
    with pytest.raises(ArrayError, match="only its own sample"):
        Neighbors.from_arrays([[0], [1]], [[0.0], [0.0]])
    with pytest.raises(ArrayError, match=r"\(3, 2\), distances \(3, 1\)"):
        Neighbors.from_arrays(INDICES, DISTANCES[:, :1])
    with pytest.raises(ArrayError, match="indices are float64"):
        Neighbors.from_arrays(INDICES.astype(float), DISTANCES)
    with pytest.raises(ArrayError, match="from_arrays"):
        Neighbors(INDICES, DISTANCES)
    with pytest.raises(ArrayError, match="do not match"):
        Neighbors(INDICES.astype(np.int32), DISTANCES[:, :1])
    with pytest.raises(UsageError, match="unknown metric 'manhattan'"):
        Neighbors.from_arrays(INDICES, DISTANCES, metric="manhattan")  # type: ignore[arg-type]
