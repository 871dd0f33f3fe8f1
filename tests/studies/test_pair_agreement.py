from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleate.measures import ari
from nucleate.studies.pair_agreement import agreement_of_classes, companions_of_classes


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


def test_companions_are_those_counted_one_by_one() -> None:
    generator = np.random.default_rng(1)
    classes = np.concatenate([np.arange(6), generator.integers(6, size=40)])
    groups, clusters = classes // 2, generator.integers(4, size=46)
    own, kin = companions_of_classes(classes, groups, clusters)
    for code in range(6):
        mates = [
            (classes[j], groups[j])
            for i in np.flatnonzero(classes == code)
            for j in np.flatnonzero(clusters == clusters[i])
            if i != j
        ]
        others = [group for name, group in mates if name != code]
        usual = np.mean(groups[classes != code] == code // 2)
        assert own[code] == pytest.approx(np.mean([name == code for name, _ in mates]))
        assert kin[code] == pytest.approx(np.mean([group == code // 2 for group in others]) - usual)


def test_pure_clusters_have_no_kin() -> None:
    classes = np.repeat([0, 1, 2], 4)
    own, kin = companions_of_classes(classes, np.array([0, 0, 1])[classes], classes)
    assert own.tolist() == [1, 1, 1]
    assert kin.tolist() == [0, 0, 0]
