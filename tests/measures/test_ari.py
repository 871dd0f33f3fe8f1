import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from nucleate.measures import ari

pairs = st.integers(1, 25).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 5), min_size=n, max_size=n) for _ in range(2)])
)


def pair_by_pair(labels, clusters):
    """The index from every pair of samples, in fractions."""
    together = [
        (labels[i] == labels[j], clusters[i] == clusters[j]) for i, j in itertools.combinations(range(len(labels)), 2)
    ]
    in_class, in_cluster = (sum(side) for side in zip(*together, strict=True)) if together else (0, 0)
    expected = Fraction(in_class * in_cluster, max(len(together), 1))
    best = Fraction(in_class + in_cluster, 2)
    return 1.0 if best == expected else float((sum(a and b for a, b in together) - expected) / (best - expected))


@given(pairs)
def test_equals_every_pair_and_sklearn(pair):
    assert ari(*pair) == pair_by_pair(*pair)
    assert ari(*pair) == pytest.approx(adjusted_rand_score(*pair), abs=1e-12)
    assert ari(*reversed(pair)) == ari(*pair)
    assert ari(pair[0], pair[0]) == 1.0


def test_equals_sklearn_on_many_samples():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 30, 90_000)
    clusters = labels * 10 + rng.integers(0, 12, 90_000)
    assert ari(labels, clusters) == pytest.approx(adjusted_rand_score(labels, clusters), rel=1e-12)


@pytest.mark.parametrize(
    ("labels", "clusters", "value"),
    [
        ([0], [5], 1.0),
        ([0, 0, 0], [1, 1, 1], 1.0),
        ([0, 1, 2], [2, 1, 0], 1.0),
        ([0, 0, 0], [0, 1, 2], 0.0),
        ([0, 0, 1, 1], [0, 1, 0, 1], -0.5),
    ],
)
def test_degenerate(labels, clusters, value):
    assert ari(labels, clusters) == value
