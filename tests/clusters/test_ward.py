"""Ward against scipy (no ties) and against the definition itself (ties): every merge must be of a closest pair."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.cluster.hierarchy import cut_tree, linkage
from sklearn.metrics import adjusted_rand_score

from nucleate.clusters import Tree, ward
from nucleate.errors import ArrayError

FACTS = settings(max_examples=60, deadline=None)


def gaussian(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def clumps(n: int, d: int, spread: float, seed: int = 0) -> np.ndarray:
    """Ten tight groups whose diameter is `spread` times their separation."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(10, d))[rng.integers(0, 10, n)] + spread * rng.normal(size=(n, d))


def near_duplicates(n: int, d: int, distance: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    originals = rng.normal(size=(n // 2, d))
    return np.concatenate([originals, originals + distance * rng.normal(size=originals.shape)])


ADVERSARIAL = {
    "gaussian": gaussian(300, 50),
    "many columns": gaussian(40, 9000),
    "one column": gaussian(300, 1),
    "large": gaussian(1100, 8),
    "float32": gaussian(300, 50).astype(np.float32),
    "float32, offset of 10,000 sigma": (gaussian(300, 50) + 1e4).astype(np.float32),
    "offset of 1e8 sigma": gaussian(300, 50) + 1e8,
    "clumps at 1/10": clumps(300, 20, 1e-1),
    "clumps at 1/100": clumps(300, 20, 1e-2),
    "clumps at 1/1,000": clumps(300, 20, 1e-3),
    "clumps at 1/10,000, float32": clumps(300, 20, 1e-4).astype(np.float32),
    "clumps at 1e-6": clumps(300, 20, 1e-6),
    "near duplicates at 1e-3": near_duplicates(300, 30, 1e-3),
    "near duplicates at 1e-5, float32": near_duplicates(300, 30, 1e-5).astype(np.float32),
    "near duplicates at 1e-9": near_duplicates(300, 30, 1e-9),
    "outlier": np.concatenate([gaussian(200, 10), np.full((1, 10), 1e6)]),
    "heavy tails": np.random.default_rng(3).standard_cauchy(size=(300, 5)),
    "constant columns": np.concatenate([gaussian(100, 5), np.full((100, 5), 7.0)], axis=1),
    "huge": gaussian(100, 5) * 1e200,
    "tiny": gaussian(100, 5) * 1e-200,
}


def assert_bottom_up(X: np.ndarray, tree: Tree) -> bool:
    """Check that every merge joins a closest pair, by centroids; returns whether any merge had a rival."""
    X = X.astype(np.float64)
    clusters = {row: [row] for row in range(len(X))}
    rivals = False
    for node, (a, b, height, size) in enumerate(tree.linkage, start=len(X)):
        names = list(clusters)
        distance = {}
        for i, p in enumerate(names):
            for q in names[:i]:
                gap = X[clusters[p]].mean(axis=0) - X[clusters[q]].mean(axis=0)
                sizes = len(clusters[p]), len(clusters[q])
                distance[q, p] = np.sqrt(2 * sizes[0] * sizes[1] / sum(sizes) * (gap @ gap))
        least = min(distance.values())
        rivals |= sum(value <= least + 1e-9 for value in distance.values()) > 1
        np.testing.assert_allclose(distance[int(a), int(b)], least, atol=1e-9)
        np.testing.assert_allclose(height, least, atol=1e-9)
        clusters[node] = clusters.pop(int(a)) + clusters.pop(int(b))
        assert size == len(clusters[node])
    return rivals


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_the_tree_is_scipys(name: str) -> None:
    X = ADVERSARIAL[name]
    tree = ward(X)
    exact = X.astype(np.float64)
    unit = np.abs(exact).max() if name in ("huge", "tiny") else 1.0  # scipy overflows
    expected = linkage(exact / unit, "ward")
    assert tree.ties == 0
    np.testing.assert_array_equal(tree.linkage[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    np.testing.assert_allclose(tree.linkage[:, 2] / unit, expected[:, 2], rtol=1e-9)


def test_every_cut_is_scipys() -> None:
    X = gaussian(150, 4)
    tree, expected = ward(X), cut_tree(linkage(X, "ward"))
    for n_clusters in range(1, 151):
        assert adjusted_rand_score(tree.cut(n_clusters), expected[:, 150 - n_clusters]) == 1.0


@FACTS
@given(arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.integers(-2, 2)))
def test_every_merge_is_of_a_closest_pair_and_ties_are_disclosed(X: np.ndarray) -> None:
    tree = ward(X)
    rivals = assert_bottom_up(X, tree)
    assert tree.ties > 0 or not rivals


@FACTS
@given(
    arrays(np.float64, st.tuples(st.integers(2, 15), st.integers(1, 4)), elements=st.floats(-1e3, 1e3, width=16)),
    st.randoms(use_true_random=False),
)
def test_row_order_matters_only_on_ties(X: np.ndarray, random: object) -> None:
    order = np.array(random.sample(range(len(X)), len(X)))  # type: ignore[attr-defined]
    tree, permuted = ward(X), ward(X[order])
    cuts = range(1, len(X) + 1)
    agree = all(
        adjusted_rand_score(a[order], b) == 1.0 for a, b in zip(tree.cut(cuts), permuted.cut(cuts), strict=True)
    )
    assert agree or (tree.ties and permuted.ties)


def test_rotation_and_translation_change_nothing() -> None:
    X = gaussian(120, 6)
    rotation = np.linalg.qr(gaussian(6, 6, seed=1))[0]
    tree, moved = ward(X), ward(X @ rotation + 5.0)
    np.testing.assert_array_equal(tree.linkage[:, :2], moved.linkage[:, :2])
    np.testing.assert_allclose(tree.linkage[:, 2], moved.linkage[:, 2], rtol=1e-9)


def test_scaling_by_two_scales_heights_exactly() -> None:
    X = gaussian(60, 6)
    np.testing.assert_array_equal(ward(2 * X).linkage[:, 2], 2 * ward(X).linkage[:, 2])


def test_duplicates_merge_first_at_height_zero() -> None:
    X = gaussian(40, 7).astype(np.float32) + 1000
    tree = ward(np.repeat(X, 3, axis=0))
    assert (tree.linkage[:80, 2] == 0).all()
    assert tree.ties >= 80
    np.testing.assert_array_equal(tree.cut(40), np.repeat(np.arange(40), 3))


def test_all_rows_equal() -> None:
    tree = ward(np.full((5, 3), 0.1))
    assert (tree.linkage[:, 2] == 0).all()
    assert tree.ties == 4
    np.testing.assert_array_equal(tree.cut(1), np.zeros(5))


def test_one_and_two_rows() -> None:
    assert ward([[1.0, 2.0]]).linkage.shape == (0, 4)
    np.testing.assert_array_equal(ward([[1.0, 2.0]]).cut(1), [0])
    np.testing.assert_array_equal(ward([[0.0, 0.0], [3.0, 4.0]]).linkage, [[0, 1, 5, 2]])


def test_square_grid_counts_all_its_ties() -> None:
    square = [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert ward(square).ties == 2


@pytest.mark.parametrize("dtype", [np.float16, np.int32, bool])
def test_other_number_types(dtype: type) -> None:
    X = (gaussian(30, 40) * 10).astype(dtype)
    np.testing.assert_array_equal(ward(X).linkage, ward(X.astype(np.float64)).linkage)


def test_tensors_and_inputs_left_alone() -> None:
    X = gaussian(30, 4).astype(np.float32)
    before = X.copy()
    np.testing.assert_array_equal(ward(torch.from_numpy(X)).linkage, ward(X).linkage)
    np.testing.assert_array_equal(ward(np.asfortranarray(X)).linkage, ward(X).linkage)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(bad: float) -> None:
    X = gaussian(5, 2)
    X[3, 1] = bad
    with pytest.raises(ArrayError, match="row 3"):
        ward(X)


@pytest.mark.parametrize("X", [np.zeros((0, 3)), np.zeros((3, 0)), np.zeros(3), [["a", "b"]]])
def test_not_a_matrix(X: object) -> None:
    with pytest.raises(ArrayError):
        ward(X)
