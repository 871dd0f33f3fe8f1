"""Mutual information, its expectation and AMI against mpmath, scikit-learn and all permutations of few samples."""

import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix
from sklearn.metrics.cluster import expected_mutual_information as sklearn_emi

from nucleate.measures import ami, expected_mutual_information, mutual_information

REFERENCE = [1] * 6 + [2] * 6 + [3] * 5, [1, 1, 1, 1, 2, 1, 2, 2, 2, 2, 3, 1, 3, 3, 3, 2, 2]

pairs = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 6), min_size=n, max_size=n) for _ in range(2)])
)


def high_precision(labels, clusters):
    """MI, EMI and AMI straight from their definitions, in 40 digits."""
    with mpmath.workdps(40):
        table = contingency_matrix(labels, clusters)
        n, a, b = int(table.sum()), table.sum(axis=1).tolist(), table.sum(axis=0).tolist()
        log = [mpmath.mpf(0), *(mpmath.log(x) for x in range(1, n + 1))]
        factorial = [mpmath.mpf(0), *itertools.accumulate(log[1:])]

        def information(x, i, j):
            return x * (log[x] + log[n] - log[i] - log[j]) / n

        def probability(x, i, j):
            top = factorial[i] + factorial[j] + factorial[n - i] + factorial[n - j]
            bottom = [n, x, i - x, j - x, n - i - j + x]
            return mpmath.exp(top - sum(factorial[y] for y in bottom))

        mi = sum(information(int(table[r, c]), a[r], b[c]) for r, c in zip(*table.nonzero(), strict=True))
        expected = {
            (i, j): sum(probability(x, i, j) * information(x, i, j) for x in range(max(1, i + j - n), min(i, j) + 1))
            for i in set(a)
            for j in set(b)
        }
        emi = sum(a.count(i) * b.count(j) * value for (i, j), value in expected.items())
        entropy = [-sum(size * (log[size] - log[n]) for size in sizes) / n for sizes in (a, b)]
        return mi, emi, (mi - emi) / (sum(entropy) / 2 - emi)


def partition(rng, n, groups):
    """Groups of very different sizes, none empty."""
    weights = rng.dirichlet(np.full(groups, 0.5))
    return np.concatenate([np.arange(groups), rng.choice(groups, n - groups, p=weights)])


def test_reference_pair():
    assert mutual_information(*REFERENCE) == pytest.approx(0.41022, abs=5e-6)
    assert expected_mutual_information(*REFERENCE) == pytest.approx(0.15042, abs=5e-6)
    assert ami(*REFERENCE) == pytest.approx(0.27821, abs=5e-6)


@pytest.mark.parametrize(("n", "classes", "clusters"), [(17, 2, 5), (200, 4, 40), (200, 4, 190), (900, 3, 3)])
def test_twelve_digits(n, classes, clusters):
    rng = np.random.default_rng(n + clusters)
    labels, found = partition(rng, n, classes), partition(rng, n, clusters)
    mi, emi, adjusted = high_precision(labels, found)
    assert mutual_information(labels, found) == pytest.approx(float(mi), abs=1e-13)
    assert expected_mutual_information(labels, found) == pytest.approx(float(emi), rel=1e-12)
    assert ami(labels, found) == pytest.approx(float(adjusted), abs=1e-12)


def test_twelve_digits_of_many_samples():
    labels = np.repeat(np.arange(30), np.arange(286, 316))
    clusters = np.random.default_rng(0).permutation(np.repeat(np.arange(300), 30)[: len(labels)])
    labels = labels[: len(clusters)]
    clusters[:3000] = labels[:3000]  # some agreement
    assert ami(labels, clusters) == pytest.approx(float(high_precision(labels, clusters)[2]), abs=1e-12)


@given(pairs)
def test_equals_sklearn(pair):
    assert mutual_information(*pair) == pytest.approx(metrics.mutual_info_score(*pair), abs=1e-12)
    table = contingency_matrix(*pair, sparse=True)
    assert expected_mutual_information(*pair) == pytest.approx(sklearn_emi(table, len(pair[0])), abs=1e-9)
    assert ami(*pair) == pytest.approx(metrics.adjusted_mutual_info_score(*pair), abs=1e-9)


def test_equals_sklearn_on_many_samples():
    rng = np.random.default_rng(1)
    labels, clusters = partition(rng, 5000, 60), partition(rng, 5000, 500)
    assert ami(labels, clusters) == pytest.approx(metrics.adjusted_mutual_info_score(labels, clusters), abs=1e-9)


@pytest.mark.parametrize("clusters", [[0, 0, 0, 1, 1, 2], [0, 0, 0, 0, 0, 1], [0, 0, 1, 1, 2, 2]])
def test_expectation_is_the_mean_over_all_deals(clusters):
    labels = [0, 0, 0, 0, 1, 1]
    dealt = [mutual_information(labels, deal) for deal in itertools.permutations(clusters)]
    assert expected_mutual_information(labels, clusters) == pytest.approx(np.mean(dealt), rel=1e-13)


@given(pairs, st.randoms(use_true_random=False))
def test_symmetry_and_relabelling(pair, random):
    labels, clusters = pair
    assert ami(clusters, labels) == pytest.approx(ami(labels, clusters), abs=1e-12)
    rows = list(range(len(labels)))
    random.shuffle(rows)
    renamed = [f"c{6 - clusters[row]}" for row in rows]
    assert ami([labels[row] for row in rows], renamed) == pytest.approx(ami(labels, clusters), abs=1e-12)


@given(pairs)
def test_bounds(pair):
    labels, clusters = pair
    assert ami(labels, labels) == 1.0
    assert ami(labels, clusters) <= 1.0
    assert 0.0 <= mutual_information(labels, clusters) <= math.log(len(labels)) + 1e-12
    entropy = scipy.stats.entropy(np.bincount(labels))
    assert mutual_information(labels, labels) == pytest.approx(entropy, abs=1e-12)


@pytest.mark.parametrize(
    ("labels", "clusters", "value"),
    [
        ([0], [5], 1.0),  # one sample
        ([0, 0, 0], [1, 1, 1], 1.0),  # one class, one cluster
        ([0, 1, 2], [2, 1, 0], 1.0),  # only singletons
        ([0, 0, 0], [0, 1, 1], 0.0),  # one class
        ([0, 1, 1], [0, 0, 0], 0.0),  # one cluster
        ([0, 1, 1, 0], [0, 1, 2, 3], 0.0),  # singletons on one side
    ],
)
def test_degenerate(labels, clusters, value):
    assert ami(labels, clusters) == value
    assert metrics.adjusted_mutual_info_score(labels, clusters) == pytest.approx(value, abs=1e-9)


def test_chance_level_is_zero():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 200)
    values = [ami(labels, rng.integers(0, 40, 200)) for _ in range(200)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(200)
