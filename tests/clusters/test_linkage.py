"""Every linkage against scipy where there are no ties, against its definition where there are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.cluster.hierarchy as scipy_hierarchy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from nucleate.clusters import Linkage, linkage, ward
from nucleate.errors import ArrayError

BETWEEN: dict[Linkage, Callable[[np.ndarray], float]] = {"average": np.mean, "complete": np.max, "single": np.min}
METHODS = ["ward", *BETWEEN]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(2, 1), (3, 40), (150, 5), (600, 30)])
def test_the_tree_is_scipys(method: Linkage, shape: tuple[int, int]) -> None:
    X = np.random.default_rng(1).normal(size=shape) + 100
    tree, expected = linkage(X, method), scipy_hierarchy.linkage(X, method)
    assert tree.ties == 0
    np.testing.assert_array_equal(tree.linkage[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    np.testing.assert_allclose(tree.linkage[:, 2], expected[:, 2], rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 3)), elements=st.integers(-2, 2)),
    st.sampled_from(sorted(BETWEEN)),
)
def test_every_merge_is_of_a_closest_pair_and_ties_are_disclosed(X: np.ndarray, method: Linkage) -> None:
    tree = linkage(X, method)
    distances = cdist(X, X)
    clusters = {row: [row] for row in range(len(X))}
    rivals = False
    for node, (a, b, height, _) in enumerate(tree.linkage, start=len(X)):
        names = list(clusters)
        between = {
            (q, p): float(BETWEEN[method](distances[np.ix_(clusters[p], clusters[q])]))
            for i, p in enumerate(names)
            for q in names[:i]
        }
        least = min(between.values())
        np.testing.assert_allclose([between[int(a), int(b)], height], least, atol=1e-9)
        rivals |= sum(value <= least + 1e-9 for value in between.values()) > 1
        clusters[node] = clusters.pop(int(a)) + clusters.pop(int(b))
    assert tree.ties > 0 or not rivals


def test_ward_is_the_default() -> None:
    X = np.random.default_rng(2).normal(size=(30, 3))
    np.testing.assert_array_equal(linkage(X).linkage, ward(X).linkage)


def test_unknown_method() -> None:
    with pytest.raises(ArrayError, match="'complete'"):
        linkage([[0.0], [1.0]], "complet")  # type: ignore[arg-type]
