"""Hubs on the page: the samples that most others have for a neighbour."""

import numpy as np
import polars as pl

from nucleate.reports import report
from nucleate.reports.figures._hubs import SHOWN, hubs

from .conftest import read

ROOM = 10**6


def test_shows_the_most_frequent_neighbours_of_the_layer_of_highest_hubness(labelled):
    found = hubs(labelled, budget=ROOM)
    scores = labelled.scores("hubness")
    assert found.skewness == scores["value"].max()
    assert found.layer == scores.filter(pl.col("value") == found.skewness)["layer"][0]
    counts = np.bincount(labelled.neighbors(found.layer).indices.ravel(), minlength=70)
    assert [hub.occurrence for hub in found.shown] == sorted(counts, reverse=True)[:SHOWN]
    rows = labelled.rows
    assert all(counts[np.flatnonzero(rows == hub.sample.row)[0]] == hub.occurrence for hub in found.shown)
    assert found.never == (counts == 0).sum()
    assert found.samples == 70
    assert all(hub.sample.picture.startswith("data:image/png;base64,") for hub in found.shown)


def test_keeps_within_the_room(labelled):
    whole = hubs(labelled, budget=ROOM).shown
    size = len(whole[0].sample.picture) + 300
    assert len(hubs(labelled, budget=size).shown) == 1
    assert hubs(labelled, budget=0).shown == ()


def test_samples_without_labels_are_shown_too(unlabelled):
    page = read(report(unlabelled))
    assert len(page.all("figure", class_="cluster hubs")) == 1
    assert len(page.all("img")) > 0


def test_a_run_without_hubness_has_none(labelled, monkeypatch):
    rest = labelled.profile.filter(pl.col("measure") != "hubness")
    monkeypatch.setitem(labelled.__dict__, "profile", rest)
    assert hubs(labelled, budget=ROOM) is None


def test_hubs_of_chosen_layers_are_shown(labelled, tmp_path):
    page = read(report(labelled, layers=["0", "output"], out=tmp_path / "page.html"))
    told = [element.text for element in page.all("figcaption") if element.text.startswith("Hubs at")]
    assert [text.split(" Hubness ")[0] for text in told] == ["Hubs at 0", "Hubs at output"]
    assert "the highest" not in told[0]
