import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.errors import UsageError
from nucleate.measures import purity, purity_baseline

pairs = st.integers(1, 25).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 5), min_size=n, max_size=n) for _ in range(2)])
)


def by_counting(labels, clusters):
    majority = 0
    for cluster in set(clusters):
        members = [label for label, other in zip(labels, clusters, strict=True) if other == cluster]
        majority += Counter(members).most_common(1)[0][1]
    return majority / len(labels)


@given(pairs)
def test_equals_counting(pair):
    assert purity(*pair) == by_counting(*pair)


@given(pairs)
def test_splitting_clusters_never_lowers_purity(pair):
    labels, clusters = pair
    split = [2 * cluster + row % 2 for row, cluster in enumerate(clusters)]
    assert purity(labels, split) >= purity(labels, clusters)
    assert purity(labels, labels) == 1.0
    assert purity(labels, range(len(labels))) == 1.0


def test_textbook_example():
    labels = ["x"] * 5 + ["o"] + ["x"] + ["o"] * 4 + ["d"] + ["x"] * 2 + ["d"] * 3
    assert purity(labels, [1] * 6 + [2] * 6 + [3] * 5) == 12 / 17


def test_baseline_is_the_mean_over_all_deals():
    labels, clusters = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 1]
    exact = np.mean([by_counting(labels, deal) for deal in itertools.permutations(clusters)])
    drawn = [purity_baseline(labels, clusters, permutations=50, seed=seed) for seed in range(40)]
    assert abs(np.mean(drawn) - exact) < 4 * np.std(drawn) / np.sqrt(40)
    assert np.std(drawn) > 0


def test_baseline_depends_on_sizes_and_seed_alone():
    labels, clusters = [0, 0, 1, 1, 1, 2, 2], [0, 1, 1, 0, 2, 2, 2]
    value = purity_baseline(labels, clusters, seed=3)
    assert value == purity_baseline(labels, clusters, seed=3)
    assert value == purity_baseline(labels, sorted(clusters), seed=3)


@pytest.mark.parametrize("clusters", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_baseline_where_nothing_is_left_to_chance(clusters):
    labels = [0, 0, 0, 1]
    assert purity_baseline(labels, clusters) == purity(labels, clusters)


def test_one_sample_and_one_class():
    assert purity([0], [0]) == purity_baseline([0], [0]) == 1.0
    assert purity([1, 1], [0, 1]) == purity_baseline([1, 1], [0, 1]) == 1.0


def test_baseline_needs_a_permutation():
    with pytest.raises(UsageError, match="permutations is 0"):
        purity_baseline([0, 1], [0, 1], permutations=0)
