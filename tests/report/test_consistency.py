"""Agreement between runs in a comparison."""

import numpy as np
import polars as pl
import pytest
import torch

from nucleate.data import from_arrays
from nucleate.measures import ari
from nucleate.pipeline import Reporter, probe
from nucleate.reports import report
from nucleate.reports.pages import _consistency as consistency_module
from nucleate.reports.pages._consistency import consistency

from .conftest import patterns, read, run_arrays, tiny_network, two_levels


@pytest.fixture(scope="module")
def pair(runs):
    """Two networks of one kind with different weights, the same samples."""
    classes, labels = two_levels()
    first = run_arrays(runs / "seeds" / "one", labels, classes)
    network = tiny_network()
    generator = torch.Generator().manual_seed(5)
    for weight in network.module.parameters():
        torch.nn.init.normal_(weight, std=0.3, generator=generator)
    second = probe(
        network, from_arrays(patterns(classes), labels, name="patterns"), out=runs / "seeds" / "two",
        reporter=Reporter(stream=None), layers=("input", "0", "2", "output"), k=5, factors=(1, 2), workers=0,
    )  # fmt: skip
    return {"one": first, "two": second}


def mean_ari(first, second, layer, other):
    """The mean over superclasses, from the clusters themselves."""
    tables = [first.clusters(layer), second.clusters(other)]
    values = []
    for group in tables[0]["group"].unique():
        codes = [table.filter(pl.col("group") == group)["factor_1"].to_numpy() for table in tables]
        if (codes[0] >= 0).all():
            values.append(ari(*codes))
    return np.mean(values)


def test_curve_and_map_hold_the_agreement_of_each_pair_of_layers(pair):
    found = consistency(pair)
    assert found.left_out == ()
    (curve,) = found.curves.of("ARI between runs")
    assert curve.name == "one and two"
    names = pair["one"].layer_names
    assert [point.layer for point in curve.points] == names
    for point in curve.points:
        assert point.value == pytest.approx(mean_ari(*pair.values(), point.layer, point.layer))
    (layer_map,) = found.maps
    for layer, values in layer_map.heat.rows:
        expected = [mean_ari(*pair.values(), layer, other) for other in names]
        assert values == pytest.approx(expected)


def test_each_runs_ami_stands_above(pair):
    curves = consistency(pair).curves
    assert curves.panels == ("AMI with the subclasses", "ARI between runs")
    for (name, run), curve in zip(pair.items(), curves.of("AMI with the subclasses"), strict=True):
        assert curve.name == name
        expected = run.scores("ami", parameters="factor=1")
        assert [(point.layer, point.value) for point in curve.points] == expected.select("layer", "value").rows()


def test_the_input_agrees_with_itself(pair):
    (curve,) = consistency(pair).curves.of("ARI between runs")
    assert curve.points[0].value == 1


def test_best_layers_are_counted(pair):
    (layer_map,) = consistency(pair).maps
    names = pair["one"].layer_names
    expected = 0
    for layer in names:
        row = [mean_ari(*pair.values(), layer, other) for other in names]
        expected += row[names.index(layer)] == max(row)
    assert layer_map.own_best == expected


def test_runs_of_other_samples_are_left_out_with_the_reason(pair, labelled):
    found = consistency({"pictures": labelled} | pair)
    assert len(found.curves.of("ARI between runs")) == 1
    assert len(found.left_out) == 1
    (alone,) = consistency({"one": pair["one"], "pictures": labelled}).left_out
    assert alone == "one clusters inside shape, pictures inside superclass"


@pytest.mark.parametrize("kind", ["unlabelled", "one_level"])
def test_runs_that_cannot_be_compared_are_no_error(kind, pair, request):
    other = request.getfixturevalue(kind)
    assert not consistency({"a": other, "b": pair["one"]}).curves
    page = read(report([other, pair["one"]], out=other.root / "both.html"))
    assert "Agreement between runs is left out: " in page.text


def test_too_many_layers_are_compared_by_name_only(pair, monkeypatch):
    monkeypatch.setattr(consistency_module, "PAIRS_OF_LAYERS", 5)
    found = consistency(pair)
    assert found.maps == ()
    assert len(found.curves.curves[0].points) == 4


def test_page_shows_the_map_and_the_curve(pair):
    page = read(report(list(pair.values()), out=pair["one"].root / "both.html"))
    assert "Do the runs find the same clusters?" in page.text
    assert "layers the layer of the same name agrees best." in page.text
    table = next(table for table in page.tables() if table[0] == ["", *pair["one"].layer_names])
    assert [row[0] for row in table[1:]] == pair["one"].layer_names


def test_names_are_text(nasty, runs):
    classes, labels = two_levels()
    twin = run_arrays(runs / "<script>alert(4)", {"<b>level</b>": labels["shape"]} | {"x": labels["letter"]}, classes)
    other = run_arrays(runs / "<b>5", {"<b>level</b>": labels["shape"]} | {"x": labels["letter"]}, classes)
    page = read(report([twin, other, nasty], out=runs / "three.html"))
    assert len(page.all("script")) == 1
    assert "Between <b>5 and <script>alert(4) it" in page.text or "Between <script>alert(4) and <b>5 it" in page.text
