from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.cluster.hierarchy import cut_tree, dendrogram, fcluster, is_valid_linkage, linkage

from nucleate.clusters import Tree, ward
from nucleate.errors import ArrayError

X = np.random.default_rng(0).normal(size=(40, 3))
TREE = ward(X)


def renumbered(labels: np.ndarray) -> np.ndarray:
    """Labels in order of first appearance."""
    names: dict[int, int] = {}
    return np.array([names.setdefault(label, len(names)) for label in labels.tolist()])


@pytest.mark.parametrize("n_clusters", range(1, 41))
def test_cut_equals_scipy(n_clusters: int) -> None:
    labels = TREE.cut(n_clusters)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, renumbered(cut_tree(TREE.linkage, n_clusters)[:, 0]))


def test_cuts_are_stacked_in_the_order_asked() -> None:
    cuts = TREE.cut([12, 4, 12])
    assert cuts.shape == (3, 40)
    for labels, n_clusters in zip(cuts, [12, 4, 12], strict=True):
        np.testing.assert_array_equal(labels, TREE.cut(n_clusters))
    assert TREE.cut(range(1, 11)).shape == (10, 40)


def test_cuts_are_nested() -> None:
    cuts = TREE.cut(range(1, 41))
    for coarse, fine in pairwise(cuts):
        assert len({(f, c) for f, c in zip(fine, coarse, strict=True)}) == fine.max() + 1


def test_scipy_takes_the_linkage() -> None:
    assert is_valid_linkage(TREE.linkage)
    assert len(dendrogram(TREE.linkage, no_plot=True)["leaves"]) == 40
    assert fcluster(TREE.linkage, 5, criterion="maxclust").max() == 5


def test_scipys_linkage_makes_a_tree() -> None:
    tree = Tree(linkage(X, "average"))
    assert tree.n == 40
    assert set(tree.cut(7)) == set(range(7))


@pytest.mark.parametrize("n_clusters", [0, -1, 41, [3, 41], [[1]], [], 2.0, "3", None])
def test_impossible_cuts(n_clusters: object) -> None:
    with pytest.raises(ArrayError, match="n_clusters"):
        TREE.cut(n_clusters)  # type: ignore[call-overload]


def test_repr() -> None:
    assert repr(Tree(np.zeros((0, 4)))) == "Tree(n=1, ties=0)"
    assert repr(TREE).startswith("Tree(n=40, heights=")
