"""Linear probes on the page: the profile's numbers, beside the clusters'."""

import numpy as np
import pytest

from nucleate.data import from_arrays
from nucleate.pipeline import Reporter, probe
from nucleate.reports import report
from nucleate.reports.pages import _linear_probes as probes

from .conftest import patterns, read, tiny_network, two_levels


@pytest.fixture(scope="module")
def probed(runs):
    """A run with probes at both levels, fitted on a third of the samples."""
    classes, labels = two_levels()
    split = np.where(np.arange(72) % 3 == 0, "train", "test")
    return probe(
        tiny_network(), from_arrays(patterns(classes), labels, name="patterns", split=list(split)), out=runs / "probed",
        reporter=Reporter(stream=None), workers=0, layers=("input", "0", "2", "output"), k=5, factors=(1, 2),
        measures=("clusters", "linear_probe"),
    )  # fmt: skip


def test_a_line_for_each_level_with_the_interval_of_the_profile(probed):
    curves = probes.accuracy(probed)
    assert curves.names == ("shape", "letter")
    for curve in curves.curves:
        rows = probed.scores("linear_probe", level=curve.name)
        told = [(p.layer, p.value, p.low, p.high, p.chance) for p in curve.points]
        assert told == rows.select("layer", "value", "low", "high", "chance").rows()


def test_probe_and_clusters_share_one_axis(probed):
    curves = probes.beside_clusters(probed)
    assert len(curves.panels) == 1
    assert curves.names == ("AMI", "Purity", "probe, shape", "probe, letter")
    assert [curve.measure for curve in curves.curves] == ["ami", "purity", "linear_probe", "linear_probe"]


def test_figures_stand_on_the_page(probed):
    page = read(report(probed))
    assert "Linear probes" in [e.text for e in page.all("h2")]
    assert "Other measures" not in [e.text for e in page.all("h2")]
    assert "95 % Wilson interval" in page.text


def test_without_probes_there_is_no_section(labelled, page):
    assert not probes.accuracy(labelled)
    assert not probes.beside_clusters(labelled)
    assert "Linear probes" not in [e.text for e in page.all("h2")]


def test_without_clusters_probes_stand_alone(probed, unlabelled):
    assert probes.scatter(unlabelled) is None
    assert not probes.accuracy(unlabelled)


def test_scatter_holds_every_layer_and_factor(labelled):
    found = probes.scatter(labelled)
    assert found.factors == (1, 2, 3)
    ami = labelled.scores("ami").select("layer", "parameters", "value")
    purity = labelled.scores("purity").select("layer", "parameters", other="value")
    both = ami.join(purity, on=["layer", "parameters"]).drop_nulls()
    expected = {(r[0], int(r[1].removeprefix("factor=")), r[2], r[3]) for r in both.rows()}
    assert set(found.points) == expected
    first = np.array([p[2:] for p in found.points if p[1] == 1])
    centred = first - first.mean(axis=0)
    expected = (centred[:, 0] @ centred[:, 1]) / np.sqrt((centred**2).sum(axis=0).prod())
    assert found.correlation == pytest.approx(expected)


def test_scatter_of_names_that_try_to_be_markup(nasty):
    found = probes.scatter(nasty)
    for drawing in found.drawings.values():
        assert "<b>0</b>" not in drawing
        assert "{{7*7}}" in drawing
