"""Ward without the matrix: the same tree as scipy's and as with the matrix, and bounds that hold at every step."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.cluster.hierarchy import linkage

from nucleate.clusters import Tree, ward
from nucleate.clusters.hierarchical.ward_linear_memory import _forest as linear_memory
from nucleate.clusters.hierarchical.ward_linear_memory._candidate_search import (
    Rows,
    nearest_by_products,
    nearest_by_subtraction,
)
from nucleate.clusters.hierarchical.ward_linear_memory._copies import first_copies
from nucleate.clusters.hierarchical.ward_linear_memory._forest import _Forest, ward_in_linear_memory
from nucleate.clusters.hierarchical.ward_linear_memory._neighbor_lists import Means
from nucleate.errors import ArrayError


def gaussian(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def clumps(n: int, d: int, spread: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(10, d))[rng.integers(0, 10, n)] + spread * rng.normal(size=(n, d))


def layer(n: int, d: int) -> np.ndarray:
    """Many columns, most of the variance in a few directions, as layers have it; some rows nearly twice."""
    rng = np.random.default_rng(5)
    X = clumps(n, 8, 0.5) @ rng.normal(size=(8, d)) + 0.02 * rng.normal(size=(n, d))
    X[n // 2 : n // 2 + 20] = X[:20] + 1e-9 * rng.normal(size=(20, d))
    return X


def unequal(n: int, d: int) -> np.ndarray:
    """Tight crowds beside loners: clusters of very unequal sizes meet."""
    rng = np.random.default_rng(4)
    crowds = np.repeat(rng.normal(size=(4, d)), [n // 2, n // 4, n // 16, 1], axis=0)
    loners = rng.normal(size=(n - len(crowds), d)) * 3
    return np.concatenate([crowds + 0.01 * rng.normal(size=crowds.shape), loners])


DATA = {
    "gaussian": gaussian(400, 30),
    "one column": gaussian(400, 1),
    "float32": gaussian(400, 60).astype(np.float32),
    "float32, offset of 10,000 sigma": (gaussian(300, 50) + 1e4).astype(np.float32),
    "rectified": np.maximum(gaussian(400, 20), 0).astype(np.float32),
    "clumps at 1/10": clumps(400, 20, 1e-1),
    "clumps at 1/1,000": clumps(400, 20, 1e-3),
    "clumps at 1e-6": clumps(400, 20, 1e-6),
    "clumps at 1e-12": clumps(400, 20, 1e-12),
    "unequal sizes": unequal(400, 10),
    "outlier": np.concatenate([gaussian(200, 10), np.full((1, 10), 1e6)]),
    "layer": layer(400, 256),
    "layer, float32": layer(400, 300).astype(np.float32),
    "layer, offset of 10,000 sigma": (layer(300, 256)[:150] + 1e4).astype(np.float32),
    "256 columns of noise": gaussian(300, 256),
    "heavy tails": np.random.default_rng(3).standard_cauchy(size=(300, 5)),
}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch):
    """Lists are used to the end, however little they prove."""
    monkeypatch.setattr(linear_memory, "_CROWDED", 0.0)


@pytest.fixture
def without_matrix(monkeypatch: pytest.MonkeyPatch):
    """`ward` that uses no matrix, down to the last two clusters."""
    monkeypatch.setattr(
        sys.modules["nucleate.clusters.hierarchical._linkage"], "_MATRIX", 1
    )  # `clusters.linkage` is the function
    monkeypatch.setattr(linear_memory.ward_in_linear_memory, "__kwdefaults__", {"dense": 1})
    monkeypatch.setattr(linear_memory, "_PATIENCE", 10**9)
    return ward


@pytest.mark.parametrize("name", DATA)
def test_the_tree_is_scipys(name: str, without_matrix) -> None:
    tree, expected = without_matrix(DATA[name]), linkage(DATA[name].astype(np.float64), "ward")
    assert tree.ties == 0
    np.testing.assert_array_equal(tree.linkage[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    np.testing.assert_allclose(tree.linkage[:, 2], expected[:, 2], rtol=1e-9)


@pytest.mark.parametrize(
    "name", ["gaussian", "unequal sizes", "rectified", "float32", "layer, float32", "256 columns of noise"]
)
def test_every_bound_holds_at_every_step(name: str) -> None:
    """No cluster outside a list is nearer than the list's bound, and no member than its own lower end."""
    X = DATA[name][::2]
    forest = _Forest(X, 1.0)
    forest.search()
    proofs = 0
    while len(forest.live) > 1:
        forest._find_nearest()
        truth = distances(forest)
        place = {slot: row for row, slot in enumerate(forest.live)}
        for row, a in enumerate(forest.live):
            told = {}
            for entry in range(forest.lists.lengths[a]):
                member = forest.into[forest.lists.members[a, entry]]
                least = forest.lists.distances[a, entry]
                if member != forest.lists.members[a, entry] or forest.lists.seen[a, entry] != forest.merges[member]:
                    least = min(least, forest.lists.bounds[a])
                told[int(member)] = min(least, told.get(int(member), np.inf))
            for b in forest.live:
                if b != a:
                    least = told.get(int(b), forest.lists.bounds[a])
                    assert least <= truth[row, place[b]] * (1 + 1e-9)
                    proofs += 1
            assert truth[row, place[forest.nearest[a]]] <= truth[row].min() * (1 + 1e-9)
        forest.merge(forest.reciprocal_pairs())
    assert proofs > 1000


def distances(forest: _Forest) -> np.ndarray:
    """Ward's squared distances of all live clusters, by the definition."""
    means = (forest.means.samples * forest.means.scale + forest.means.offsets)[forest.live]
    sizes = forest.sizes[forest.live]
    gaps = ((means[:, None] - means[None]) ** 2).sum(axis=2)
    found = gaps * 2 * sizes[:, None] * sizes / (sizes[:, None] + sizes)
    np.fill_diagonal(found, np.inf)
    return found


@pytest.mark.parametrize("search", [nearest_by_products, nearest_by_subtraction])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_lower_ends_of_whole_rows(search, offset: float) -> None:
    """Products of rows far from the centre err, and say so."""
    rng = np.random.default_rng(1)
    means = rng.normal(size=(300, 40)) + offset
    sizes = rng.integers(1, 50, 300).astype(np.float64)
    live = np.arange(0, 300, 2)
    rows = live[::3]
    given = Means(means, np.zeros_like(means), 1.0, np.zeros(40))
    given = Rows.of_means(given, (means**2).sum(axis=1)) if search is nearest_by_products else given
    members, lowest, found, bounds = search(given, sizes, rows, live)
    for row, a in enumerate(rows):
        gaps = ((means[live] - means[a]) ** 2).sum(axis=1)
        truth = dict(zip(live, gaps * 2 * sizes[a] * sizes[live] / (sizes[a] + sizes[live]), strict=True))
        del truth[a]
        assert found[row] == 32
        assert (lowest[row] <= [truth[b] for b in members[row]]).all()
        assert min(value for b, value in truth.items() if b not in members[row]) >= bounds[row]
        if offset == 0:
            assert bounds[row] > 0


@settings(max_examples=40, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(2, 40), st.integers(1, 3)), elements=st.integers(-2, 2)))
def test_ties_cost_no_optimality_and_are_disclosed(X: np.ndarray) -> None:
    """Where distances tie any tree is right whose every merge is of a closest pair."""
    (first, second, squared, tied), scale = ward_in_linear_memory(X, dense=1)
    clusters = {row: [row] for row in range(len(X))}
    for a, b, height in zip(first, second, squared / scale**2, strict=True):
        assert ward_squared(X, clusters[a], clusters[b]) == pytest.approx(height, abs=1e-6)
        for one in (a, b):  # each is the other's nearest, or one of them
            others = [ward_squared(X, clusters[one], rows) for slot, rows in clusters.items() if slot != one]
            assert height <= min(others) + 1e-6
        clusters[a] = clusters[a] + clusters.pop(b)
    assert len(clusters) == 1
    assert len(tied) == len(X) - 1


def ward_squared(X: np.ndarray, rows: list[int], others: list[int]) -> float:
    gap = X[rows].astype(np.float64).mean(axis=0) - X[others].astype(np.float64).mean(axis=0)
    return 2 * len(rows) * len(others) / (len(rows) + len(others)) * float(gap @ gap)


@pytest.mark.parametrize("dense", [1, 100])
def test_clusters_far_from_the_origin_keep_their_digits(dense: int) -> None:
    """Also those that finish on a matrix, whose means are no samples any more."""
    X = gaussian(300, 5) + 1e12
    (_, _, squared, _), scale = ward_in_linear_memory(X, dense=dense)
    expected = linkage(X - 1e12, "ward")  # these differences are exact
    np.testing.assert_allclose(np.sort(np.sqrt(squared)) / scale, expected[:, 2], rtol=1e-12)


def test_copies_merge_first(without_matrix) -> None:
    X = np.repeat(gaussian(50, 7).astype(np.float32), 8, axis=0)
    tree = without_matrix(X)
    assert (tree.linkage[:350, 2] == 0).all()
    assert tree.ties >= 350
    np.testing.assert_array_equal(tree.cut(50), np.repeat(np.arange(50), 8))


def test_nothing_but_copies(without_matrix) -> None:
    tree = without_matrix(np.full((200, 3), 0.1))
    assert (tree.linkage[:, 2] == 0).all()


def test_equal_distances_everywhere_end_on_a_matrix() -> None:
    """Corners of a simplex: every pair ties, so that lists prove nothing."""
    (_, _, squared, tied), scale = ward_in_linear_memory(np.eye(300), dense=2)
    assert tied.any()
    np.testing.assert_allclose(np.sort(np.sqrt(squared)) / scale, linkage(np.eye(300), "ward")[:, 2], rtol=1e-9)


@pytest.mark.parametrize(("dtype", "scale"), [("f8", 2.0**500), ("f8", 2.0**-500), ("f4", 2.0**100), ("f4", 2.0**-90)])
def test_huge_and_tiny(dtype: str, scale: float, without_matrix) -> None:
    X = gaussian(100, 5).astype(dtype)
    tree, expected = without_matrix((X * scale).astype(dtype)), linkage(X.astype(np.float64), "ward")
    np.testing.assert_array_equal(tree.linkage[:, :2], expected[:, :2])
    np.testing.assert_allclose(tree.linkage[:, 2] / scale, expected[:, 2], rtol=1e-9)


def test_a_huge_outlier_beside_tiny_rows(without_matrix) -> None:
    """Products of the tiny rows underflow in float32: their bounds must say nothing rather than something wrong."""
    X = np.concatenate([gaussian(80, 6) * 1e-25, np.full((1, 6), 1.0), np.full((1, 6), -1.0)])
    tree, expected = without_matrix(X), linkage(X, "ward")
    np.testing.assert_array_equal(tree.linkage[:, :2], expected[:, :2])
    np.testing.assert_allclose(tree.linkage[:, 2], expected[:, 2], rtol=1e-9)


def test_with_and_without_the_matrix_meet_where_they_take_turns() -> None:
    X = clumps(3000, 12, 0.5).astype(np.float32)
    (first, second, squared, _), scale = ward_in_linear_memory(X, dense=500)
    tree = ward(X)
    np.testing.assert_allclose(np.sort(np.sqrt(squared)) / scale, tree.linkage[:, 2], rtol=1e-9)
    assert isinstance(tree, Tree)
    assert len(first) == len(second) == 2999


@pytest.mark.parametrize(("crowded", "X"), [(True, gaussian(400, 3000)), (False, gaussian(400, 3))])
def test_equal_distances_to_all_neighbours_end_on_a_matrix_at_once(
    monkeypatch: pytest.MonkeyPatch, crowded: bool, X: np.ndarray
) -> None:
    monkeypatch.setattr(linear_memory, "_CROWDED", 1.1)
    searches = []
    search = _Forest.search
    monkeypatch.setattr(_Forest, "search", lambda forest: searches.append(forest) or search(forest))
    (_, _, squared, _), scale = ward_in_linear_memory(X, dense=2)
    assert bool(searches) is not crowded
    np.testing.assert_allclose(np.sort(np.sqrt(squared)) / scale, linkage(X, "ward")[:, 2], rtol=1e-9)
    monkeypatch.setattr(linear_memory, "_LARGEST_MATRIX", 399)
    ward_in_linear_memory(X, dense=2)
    assert searches


def test_not_finite(without_matrix) -> None:
    X = gaussian(50, 4).astype(np.float32)
    X[7, 2] = np.nan
    with pytest.raises(ArrayError, match="row 7"):
        without_matrix(X)


def test_first_copies() -> None:
    X = gaussian(40, 3).astype(np.float32)
    X[[9, 30]] = X[4]
    X[21] = X[20]
    expected = np.arange(40)
    expected[[9, 30, 21]] = [4, 4, 20]
    np.testing.assert_array_equal(first_copies(X), expected)
    np.testing.assert_array_equal(first_copies(X.astype(np.float64)), expected)
