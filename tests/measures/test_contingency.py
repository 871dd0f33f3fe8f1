import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.cluster import contingency_matrix

from nucleate.errors import ArrayError
from nucleate.measures import contingency

pairs = st.integers(1, 30).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(-3, 3), min_size=n, max_size=n) for _ in range(2)])
)


@given(pairs)
def test_equals_sklearn(pair):
    table = contingency(*pair)
    expected = contingency_matrix(*pair)
    np.testing.assert_array_equal(table.dense(), expected)
    np.testing.assert_array_equal(table.class_sizes, expected.sum(axis=1))
    np.testing.assert_array_equal(table.cluster_sizes, expected.sum(axis=0))
    assert table.n == len(pair[0])
    assert (table.counts > 0).all()
    assert (np.diff(table.clusters) >= 0).all()
    assert len(set(zip(table.clusters, table.classes, strict=True))) == len(table.counts)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([-128, 127, 127], dtype=np.int8),
        np.array([0, 255, 255], dtype=np.uint8),
        np.array([0, 2**64 - 1, 2**64 - 1], dtype=np.uint64),
        np.array([-(2**63), 2**63 - 1, 2**63 - 1]),
        np.array([False, True, True]),
        np.array([0.5, 1.5, 1.5]),
        np.array(["a", "b", "b"]),
        ["a", "b", "b"],
        pl.Series(["a", "b", "b"]),
        torch.tensor([3, 4, 4]),
    ],
)
def test_every_kind_of_label(labels):
    np.testing.assert_array_equal(contingency(labels, [0, 0, 1]).dense(), [[1, 0], [1, 1]])


def test_inputs_are_left_alone():
    labels, clusters = np.array([3, 1, 3]), np.array([9, 9, 7])
    contingency(labels, clusters)
    assert labels.tolist() == [3, 1, 3]
    assert clusters.tolist() == [9, 9, 7]


@pytest.mark.parametrize(
    ("labels", "clusters", "message"),
    [
        ([], [], "labels is empty"),
        ([0, 1], [0], "clusters holds 1 entries for 2 samples"),
        ([[0], [1]], [0, 1], r"labels has shape \(2, 1\)"),
        ([0.0, np.nan], [0, 1], "labels is missing in row 1"),
        (["a", "b"], ["a", None], "clusters is missing in row 1"),
    ],
)
def test_bad_input(labels, clusters, message):
    with pytest.raises(ArrayError, match=message):
        contingency(labels, clusters)


def test_repr():
    assert repr(contingency([0, 0, 1], [0, 1, 1])) == "Contingency(3 samples: 2 classes x 2 clusters, 3 cells)"
