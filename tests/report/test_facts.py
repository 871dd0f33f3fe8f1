"""What the report says in words, against other ways to find it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nucleate.reports.content import _summary as facts
from nucleate.reports.content._curves import chosen_factors
from nucleate.reports.content._tables import HeatMap, heat_map


def test_best_counts_the_layers_inside_its_interval(labelled):
    best = facts.best(labelled)
    scores = labelled.scores("ami", parameters="factor=1").select("layer", "value").rows()
    others = [value for layer, value in scores if layer not in (best.layer, "input")]
    assert best.ami["value"] == max([*others, best.ami["value"]])
    assert best.within == sum(value >= best.ami["low"] for value in others)
    assert best.input == dict(scores)["input"]


def test_no_best_layer_without_clusters(unlabelled):
    assert facts.best(unlabelled) is None


def test_reachable_label_overlap(one_level, labelled):
    assert facts.reachable(one_level) == {}  # twelve of each class, five neighbours
    object.__setattr__(labelled, "about", {**labelled.about, "request": {**labelled.about["request"], "k": 30}})
    try:
        found = facts.reachable(labelled)
    finally:
        del labelled.__dict__["about"]
    for level, share in found.items():
        names = labelled.samples[labelled.rows.tolist()][level].to_list()
        assert share == pytest.approx(np.mean([min(30, names.count(name) - 1) / 30 for name in names]))
    assert found.keys() == {"superclass", "subclass"}


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["runs/a"], ["a"]),
        (["runs/a", "runs/b"], ["a", "b"]),
        (["runs/natural/run", "runs/shuffled/run"], ["natural", "shuffled"]),
        (["x/a/1", "y/a/2"], ["x/a/1", "y/a/2"]),
        (["runs/a", "runs/a/b"], [".", "b"]),
        (["runs/a/a", "runs/a"], ["a", "."]),
    ],
)
def test_run_names_are_what_differs(paths, names):
    found = facts.run_names([Path(path) for path in paths])
    assert found == names
    assert len(set(found)) == len(found)


def test_differences_are_told(labelled, other):
    told = dict(facts.differences({"first": labelled, "second": other}))
    assert told["Samples"] == ["pictures, 72 in all", "patterns, 72 in all"]
    assert told["Labels"] == ["superclass (3) > subclass (6)", "shape (3) > letter (6)"]
    assert "Network" not in told
    assert facts.differences({"a": labelled, "b": labelled}) == []


def test_factors_are_few_and_hold_the_ends(labelled):
    object.__setattr__(labelled, "about", {**labelled.about, "request": {"factors": list(range(10, 0, -1))}})
    try:
        assert chosen_factors(labelled) == [1, 2, 5, 10]
    finally:
        del labelled.__dict__["about"]


def test_heat_map_is_the_profile(labelled):
    heat = heat_map(labelled, ["strokes", "loops"])
    assert heat.layers == tuple(labelled.layer_names)
    for name, values in heat.rows:
        rows = labelled.scores("ami", group=name, parameters="factor=1")
        assert values == tuple(rows["value"])
    assert heat_map(labelled, ["strokes"]) is None


@pytest.mark.parametrize(("value", "shade"), [(-0.5, 0), (0.0, 0), (0.1, 1), (0.3, 3), (0.95, 9), (1.0, 9)])
def test_shades(value, shade):
    assert HeatMap((), (), step=0.1).shade(value) == shade


def test_a_failed_row_of_another_split_is_not_counted_as_missing(labelled):
    told = dict(facts.probed(labelled))
    assert told["Analysed"] == "70 samples; 2 more could not be read"
    assert labelled.samples.filter(pl.col("status") == "failed").height == 2
