"""Strips of samples."""

import shutil
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.measures import purity
from nucleate.pipeline import Run
from nucleate.reports.figures._gallery import evenly, galleries

PLENTY = 10**7
GROUPS = ("strokes", "loops")


@pytest.fixture(scope="module")
def members(labelled):
    """Group -> the analysed rows with cluster and subclass."""
    layer = labelled.best_layer()
    table = labelled.clusters(layer).select("row", "group", cluster="factor_1")
    table = table.join(labelled.samples.select("row", "subclass"), on="row")
    return {key[0]: part for key, part in table.partition_by("group", as_dict=True).items()}


def test_clusters_are_those_of_the_run(labelled, members):
    found = galleries(labelled, labelled.best_layer(), GROUPS, budget=PLENTY)
    assert [group.name for group in found] == list(GROUPS)
    for group in found:
        frame = members[group.name]
        expected = sorted(Counter(part["subclass"]).items() for _, part in frame.group_by("cluster"))
        assert sorted(sorted(cluster.labels) for cluster in group.clusters) == sorted(sorted(c) for c in expected)
        overall = sum(cluster.purity * cluster.size for cluster in group.clusters) / frame.height
        assert overall == pytest.approx(purity(frame["subclass"], frame["cluster"]))
        majorities = {cluster.majority for cluster in group.clusters}
        assert set(group.without_cluster) == set(frame["subclass"]) - majorities


def test_shown_samples_belong_to_their_cluster_and_differ_as_said(labelled, members):
    for group in galleries(labelled, labelled.best_layer(), GROUPS, budget=PLENTY):
        cluster_of = dict(members[group.name].select("row", "cluster").rows())
        label_of = dict(members[group.name].select("row", "subclass").rows())
        for cluster in group.clusters:
            assert len({cluster_of[shown.row] for shown in cluster.shown}) == 1
            assert len(cluster.shown) == min(16, cluster.size)
            for shown in cluster.shown:
                assert shown.label == label_of[shown.row]
                assert shown.differs == (shown.label != cluster.majority)
                assert shown.picture.startswith("data:image/png;base64,")
                assert shown.tiny


def test_strips_shrink_until_they_fit(labelled):
    shown = []
    for budget in (PLENTY, 15_000, 4_000, 0, -1):
        found = galleries(labelled, labelled.best_layer(), GROUPS, budget=budget)
        pictures = [thumbnail.picture for group in found for c in group.clusters for thumbnail in c.shown]
        assert sum(len(picture) + 300 for picture in pictures) <= max(budget, 0)
        assert len(found) == 2, "captions stay"
        shown.append(len(pictures))
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > shown[1] > shown[2] >= shown[3] == shown[4] == 0


def test_what_is_no_picture_is_not_shown(labelled, tmp_path):
    shutil.copytree(labelled.root, tmp_path / "run")
    for path in (tmp_path / "run" / "thumbnails").glob("*.parquet"):
        frame = pl.read_parquet(path)
        frame.with_columns(image=pl.lit(b"<svg onload=alert(1)>")).write_parquet(path)
    found = galleries(Run(tmp_path / "run"), labelled.best_layer(), GROUPS, budget=PLENTY)
    assert not [shown for group in found for cluster in group.clusters for shown in cluster.shown]


@given(st.lists(st.sampled_from("aab"), min_size=1, max_size=200), st.integers(1, 20))
def test_even_choice_keeps_the_make_up(labels, length):
    labels = sorted(labels)
    chosen = evenly(labels, length)
    assert len(chosen) == min(length, len(labels))
    assert chosen[0] == labels[0]
    for label in "ab":
        expected = len(chosen) * labels.count(label) / len(labels)
        assert abs(chosen.count(label) - expected) <= 1


def test_even_choice_of_none():
    assert evenly([1, 2], 0) == []
