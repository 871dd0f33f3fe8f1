"""The report of a network over time; checkpoints and curves are made by hand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from nucleate.data import from_arrays
from nucleate.errors import RunFolderError
from nucleate.pipeline import Reporter, probe
from nucleate.pipeline._checkpoints import OverTraining
from nucleate.reports.pages._checkpoints import (
    LINES,
    accuracy,
    by_epoch,
    cluster_scores,
    heat_map,
    label_scores,
    quarter,
    report_over_training,
    settling,
)

from .conftest import NASTY, patterns, read, tiny_network, two_levels

EPOCHS = (0, 5, 10, 15, 20)


@dataclass
class HandMade:
    """What the report asks of a training run."""

    root: Path
    level: str | None = "shape"
    is_finished: bool = True
    has_curves: bool = True

    @property
    def curves(self):
        if not self.has_curves:
            raise RunFolderError("no curves", "")
        rows = [
            {"epoch": epoch, "split": split, "level": "shape", "group": group, "loss": 1.0, "accuracy": epoch / 20}
            for epoch in EPOCHS
            for split in ("train", "batches")
            for group in (None, "a")
        ]
        return pl.DataFrame(rows)


def over(root, labels, classes, *, layers, epochs=EPOCHS, training=None, **options):
    """A network whose weights drift."""
    samples = from_arrays(patterns(classes), labels, name="patterns")
    runs = {}
    for epoch in epochs:
        network = tiny_network()
        with torch.no_grad():
            for place, weight in enumerate(network.module.parameters()):
                weight += 0.02 * epoch * torch.randn(weight.shape, generator=torch.Generator().manual_seed(place))
        runs[epoch] = probe(
            network, samples, out=root / f"epoch-{epoch:06d}", reporter=Reporter(stream=None), layers=layers, workers=0,
            **{"measures": ("clusters", "label_overlap"), "k": 5, "factors": (2, 3)} | options,
        )  # fmt: skip
    return OverTraining(root, training or HandMade(root / "training"), runs)


@pytest.fixture(scope="module")
def found(runs):
    classes, labels = two_levels()
    return over(runs / "over", labels, classes, layers="all")


@pytest.fixture(scope="module")
def over_page(found):
    return read(report_over_training(found))


def value(found, measure, layer, epoch, **which):
    return found.runs[epoch].scores(measure, **which).filter(pl.col("layer") == layer)["value"][0]


def test_curves_and_maps_hold_the_profiles_numbers(found):
    ami, purity = cluster_scores(found)
    assert (ami.name, purity.name) == ("AMI", "Purity")
    shape, letter = label_scores(found)
    scores = {"AMI": (ami, {"parameters": "factor=2"}), "Purity": (purity, {"parameters": "factor=2"})}
    scores |= {score.name: (score, {"level": level}) for score, level in ((shape, "shape"), (letter, "letter"))}
    names = found.runs[0].layer_names
    for score, which in scores.values():
        heat = heat_map(found, score)
        assert heat.layers == tuple(map(str, EPOCHS))
        assert [name for name, _ in heat.rows] == names[::-1]
        for layer, values in heat.rows:
            assert list(values) == [value(found, score.measure, layer, epoch, **which) for epoch in EPOCHS]
    for curve in by_epoch(found, [ami, shape]).curves:
        score, which = scores[curve.panel]
        assert [point.depth for point in curve.points] == list(EPOCHS)
        for point in curve.points:
            assert point.value == value(found, score.measure, curve.name, int(point.depth), **which)


def test_a_few_layers_are_drawn_the_last_among_them(found):
    names = found.runs[0].layer_names
    drawn = by_epoch(found, cluster_scores(found)).names
    assert len(names) > LINES >= len(drawn) > 1
    assert drawn[-1] == names[-1]
    assert list(drawn) == [name for name in names if name in drawn]


def test_settling_is_the_range_after_a_quarter(found):
    assert quarter(found) == 5
    ami = cluster_scores(found)[0]
    for row in settling(found, ami):
        values = [value(found, "ami", row.layer, epoch, parameters="factor=2") for epoch in EPOCHS]
        assert (row.first, row.quarter, row.last) == (values[0], values[1], values[-1])
        assert row.spread == pytest.approx(np.ptp(values[1:]))
    still = next(row for row in settling(found, ami) if row.layer == "input")
    assert still.spread == 0


def test_the_input_does_not_compete(found, over_page):
    ami = cluster_scores(found)[0]
    best = max(
        ((value(found, "ami", layer, epoch, parameters="factor=2"), layer)
         for layer in found.runs[0].layer_names if layer != "input" for epoch in EPOCHS), key=lambda pair: pair[0]
    )  # fmt: skip
    assert (ami.highest["value"], ami.highest["layer"]) == best
    assert f"The highest AMI is {best[0]:.3f}, at {best[1]}" in over_page.text


def test_accuracy_is_that_of_the_learned_level(found):
    shown = accuracy(found)
    assert shown.names == ("train", "batches, while learning")
    assert [point.value for point in shown.curves[0].points] == [epoch / 20 for epoch in EPOCHS]
    without = OverTraining(found.root, HandMade(found.root, has_curves=False), found.runs)
    assert not accuracy(without)
    assert "What the network learns" not in read(report_over_training(without, out=found.root / "bare.html")).text


def test_figures_count_from_one_in_their_order(over_page):
    numbers = [element.attributes["id"] for element in over_page.all("figure") if "id" in element.attributes]
    assert numbers == ["figure-1", "figure-2", "figure-3"]


def test_the_page_tells_what_was_probed(over_page):
    assert over_page.all("h1")[0].text == "tiny over 20 epochs, layer by layer"
    assert "5 checkpoints of the training run" in over_page.text
    assert "72 samples of patterns" in over_page.text
    assert "2 times as many clusters as classes" in over_page.text
    assert "Left out of the means: curves (only one subclass: any clustering would score 1)." in over_page.text


def test_an_unfinished_training_is_told(found):
    young = OverTraining(found.root, HandMade(found.root, is_finished=False, level=None), found.runs)
    text = read(report_over_training(young, out=found.root / "young.html")).text
    assert "The training is not finished" in text
    assert "learned without labels" in text


@pytest.mark.parametrize("measures", [("clusters",), ("label_overlap",)])
def test_parts_that_were_not_measured_are_left_out(runs, measures):
    classes, labels = two_levels()
    some = over(runs / measures[0], labels, classes, layers="output", epochs=(0, 1), measures=measures)
    page = read(report_over_training(some))
    assert bool(page.all("section", id="clusters")) == (measures == ("clusters",))
    assert bool(page.all("section", id="labels")) == (measures == ("label_overlap",))


def test_one_checkpoint_and_unlabelled_samples(runs):
    single = over(runs / "single-epoch", None, np.arange(40) % 4, layers="2,output", epochs=(3,), measures=("overlap",))
    page = read(report_over_training(single))
    assert "1 checkpoint of the training run" in page.text
    assert not page.all("section", id="clusters")


def test_names_are_text(runs):
    classes, labels = two_levels(superclasses=NASTY[:3])
    names = {NASTY[0]: labels["shape"], "letter": labels["letter"]}
    nasty = over(runs / "nasty-over", names, classes, layers="2,output", epochs=(0, 1))
    page = read(report_over_training(nasty))
    assert len(page.all("script")) == 1
    assert f"Label overlap, {NASTY[0]}" in page.text
