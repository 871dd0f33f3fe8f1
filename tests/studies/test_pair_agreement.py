from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleate.measures import ari
from nucleate.studies.paper_b._pair_agreement import agreement_of_classes, companions_of_classes


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_contributions_average_to_the_adjusted_rand_index(seed: int) -> None:
    generator = np.random.default_rng(seed)
    classes = np.concatenate([np.arange(4), generator.integers(4, size=20)])
    groups, clusters = classes // 2, generator.integers(3, size=24)
    for level in (groups, classes):
        assert agreement_of_classes(classes, level, clusters).mean() == pytest.approx(ari(level, clusters))


def test_a_contribution_counts_the_pairs_of_its_class() -> None:
    generator = np.random.default_rng(0)
    classes, clusters = np.repeat(np.arange(5), 6), generator.integers(4, size=30)
    found = agreement_of_classes(classes, classes, clusters)
    apart = ~np.eye(30, dtype=bool)
    group, cluster = classes[:, None] == classes, clusters[:, None] == clusters
    share = cluster[apart].mean()
    room = (group[apart].sum() + cluster[apart].sum()) / 2 - group[apart].sum() * share
    for own in range(5):
        rows = apart[classes == own]
        excess = (group & cluster)[classes == own][rows].sum() - group[classes == own][rows].sum() * share
        assert found[own] == pytest.approx(5 * excess / room)


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
