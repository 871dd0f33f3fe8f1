from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleate.measures import ari
from nucleate.studies.pair_agreement import agreement_of_classes


def brute_force(classes: np.ndarray, groups: np.ndarray, clusters: np.ndarray, own: int) -> float:
    pairs = [
        (groups[i] == groups[j], clusters[i] == clusters[j])
        for i in np.flatnonzero(classes == own)
        for j in range(len(classes))
        if i != j
    ]
    first, second = np.array(pairs).T
    expected = first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean())
    return float(((first == second).mean() - expected) / (1 - expected))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_it_is_cohens_kappa_of_the_pairs_of_a_class(seed: int) -> None:
    generator = np.random.default_rng(seed)
    classes = np.concatenate([np.arange(4), generator.integers(4, size=20)])
    groups, clusters = classes // 2, generator.integers(3, size=24)
    found = agreement_of_classes(classes, groups, clusters)
    assert found == pytest.approx([brute_force(classes, groups, clusters, own) for own in range(4)])


def test_of_a_single_class_it_is_the_adjusted_rand_index() -> None:
    generator = np.random.default_rng(0)
    groups, clusters = generator.integers(3, size=60), generator.integers(4, size=60)
    found = agreement_of_classes(np.zeros(60, int), groups, clusters)
    assert found == pytest.approx([ari(groups, clusters)])


def test_a_single_cluster_agrees_as_chance_does() -> None:
    classes = np.repeat([0, 1, 2], 5)
    assert agreement_of_classes(classes, classes, np.zeros(15, int)).tolist() == [0, 0, 0]
