"""The peaks that a report shows: which layer, how many, what they are made of, in which colours."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from nucleate.clusters import density_peaks
from nucleate.neighbors import knn
from nucleate.reports.content._peak_layer import OTHER, coloured, drawable, peak_layer

from .mountains import mountains


def test_takes_the_last_layer_before_the_output(labelled):
    found = peak_layer(labelled)
    assert found.layer == "2"
    assert found.place == "the last probed layer before the output"
    scores = labelled.scores("peaks").filter(pl.col("layer") == "2")
    assert len(found.at_request.centers) == scores["value"].item()


def test_passes_by_layers_without_peaks(labelled, monkeypatch):
    without = (pl.col("measure") == "peaks") & pl.col("layer").is_in(["0", "2"])
    value = pl.when(without).then(None).otherwise("value")
    monkeypatch.setitem(labelled.__dict__, "profile", labelled.profile.with_columns(value=value))
    assert peak_layer(labelled).layer == "output"
    monkeypatch.setitem(labelled.__dict__, "profile", labelled.profile.filter(pl.col("measure") != "peaks"))
    assert peak_layer(labelled) is None


def test_counts_are_those_of_the_labels(labelled):
    found = peak_layer(labelled)
    table = labelled.landscape(found.layer)
    leaf = labelled.samples[table["row"].to_list()]["subclass"].to_list()
    for peak in found.rows:
        own = [label for label, number in zip(leaf, table["peak"], strict=True) if number == peak.number - 1]
        assert {label: count for label, _, count in peak.labels} == Counter(own)
        assert peak.population == len(own) == sum(peak.shares.values())
        assert peak.labels[0][2] == max(Counter(own).values())
        assert peak.purity == pytest.approx(peak.labels[0][2] / len(own))
    assert sum(peak.halo for peak in found.rows) == table["halo"].sum()


def test_without_labels_peaks_go_by_their_number():
    found = mountains(labelled=False)
    assert [peak.name for peak in found.rows] == [f"peak {place}" for place in range(1, 7)]
    assert {peak.purity for peak in found.rows} == {None}
    assert len({found.main_colour(peak) for peak in found.rows}) == 1


@pytest.mark.parametrize("most", [1, 2, 3, 7, 20])
def test_too_many_peaks_are_thinned_by_confidence(most):
    points = np.random.default_rng(0).normal(size=(400, 2))
    peaks = density_peaks(knn(points, k=5), dimension=2, z=0)
    thinned = drawable(peaks, most)
    assert len(thinned.centers) <= most
    assert thinned.z >= peaks.z
    assert len(peaks.at(max(0.0, thinned.z - 0.0101)).centers) > most


def test_few_peaks_are_left_as_they_are():
    peaks = mountains().shown
    assert drawable(peaks) is peaks


def test_colours_of_the_finest_level_that_has_few_classes():
    places = np.arange(120)
    samples = pl.DataFrame({"top": places % 2, "middle": places % 6, "leaf": places % 60}).cast(pl.String)
    assert coloured(samples, ("top", "middle", "leaf")).level == "middle"
    assert coloured(samples, ("top", "leaf")).level == "top"
    many = coloured(samples, ("leaf",))
    assert many.level == "leaf"
    assert len(many.colours) == 60
    assert many.places[-1] == (OTHER, "rare")
    assert len(many.places) == 7
    assert coloured(samples, ()) is None
