"""The report of a network over time: measure x layer x epoch (Nguyen & Kornblith 2023, Figure D.10)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nucleate.errors import RunFolderError
from nucleate.measures import MEASURES
from nucleate.pipeline import OverTraining
from nucleate.reports.content import Curve, Curves, HeatMap, Point, title
from nucleate.reports.figures import spread
from nucleate.reports.pages._document import fill_template
from nucleate.reports.pages._page import Figure, draw_figure, path_from
from nucleate.storage import write_bytes

LINES = 6
"""Layers that are drawn as lines; the heat map holds every layer."""

SETTLED = 0.25
"""The share of the training after which the paper asks whether scores still move."""


@dataclass(frozen=True)
class Score:
    """One measure at every layer and epoch.

    Attributes
    ----------
    name : str
    measure : str
    rows : polars.DataFrame
        Columns layer, epoch, value, low, high, chance; without missing values, by layer and epoch.
    """

    name: str
    measure: str
    rows: pl.DataFrame

    def of(self, layer: str) -> pl.DataFrame:
        """The rows of one layer."""
        return self.rows.filter(pl.col("layer") == layer)

    @property
    def highest(self) -> Mapping[str, object]:
        """The row of the highest value, the first such; the input is no layer of the network and does not compete."""
        rows = self.rows.filter(pl.col("layer") != "input") if self.rows["layer"].n_unique() > 1 else self.rows
        return rows.row(int(rows["value"].arg_max() or 0), named=True)


@dataclass(frozen=True)
class Settling:
    """How a score of one layer moves: at the first epoch, after a quarter, at the end, and its range from there on."""

    layer: str
    first: float | None
    quarter: float | None
    last: float | None
    spread: float | None


@dataclass(frozen=True)
class Part:
    """Curves of a few layers, and a heat map of all for each score."""

    figure: Figure
    maps: tuple[tuple[Score, HeatMap], ...]


def report_over_training(found: OverTraining, *, out: str | os.PathLike[str] | None = None) -> Path:
    """Write the report of a network over time: curves by epoch for a few layers, and heat maps of layer by epoch.

    Parameters
    ----------
    found : OverTraining
    out : path, optional
        The file; default `report.html` beside the run folders.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StorageError
        When the file cannot be written.
    """
    path = Path(out) if out is not None else found.root / "report.html"
    first = next(iter(found.runs.values()))
    counter = iter(range(1, 1000))
    learned = accuracy(found)
    figure = draw_figure(next(counter), learned) if learned else None
    clusters, labels = cluster_scores(found), label_scores(found)
    drawn = {name: _part(found, scores, counter) for name, scores in (("clusters", clusters), ("labels", labels))}
    write_bytes(
        path,
        fill_template(
            "over_training.html.j2",
            network=first.about["network"]["name"].removesuffix(" before training").partition(" after ")[0],
            training=found.training,
            epochs=list(found.runs),
            about=first.about,
            count=len(first.rows),
            failed=first.failed.height,
            layers=first.layer_names,
            learned=figure,
            parts=drawn,
            settling=settling(found, clusters[0]) if clusters and len(found.runs) > 2 else [],
            quarter=quarter(found),
            ami=clusters[0] if clusters else None,
            left_out=left_out(found),
            measures={name: MEASURES[name] for name in ("ami", "purity", "label_overlap")},
            folder=path_from(found.training.root, path.parent),
        ),
    )
    return path


def cluster_scores(found: OverTraining) -> list[Score]:
    """AMI and purity at the smallest overclustering factor."""
    factor = min(next(iter(found.runs.values())).about["request"]["factors"])
    return list(_scores(found, {name: (title(name), name, None, f"factor={factor}") for name in ("ami", "purity")}))


def label_scores(found: OverTraining) -> list[Score]:
    """Label overlap of every level."""
    run = next(iter(found.runs.values()))
    k = run.about["request"]["k"]
    wanted = {level: (f"Label overlap, {level}", "label_overlap", level, f"k={k}") for level in run.levels}
    return list(_scores(found, wanted))


def _scores(found: OverTraining, wanted: Mapping[str, tuple[str, str, str | None, str]]) -> Iterator[Score]:
    for name, measure, level, parameters in wanted.values():
        rows = [
            run.scores(measure, level=level, parameters=parameters)
            .drop_nulls("value")
            .select("layer", pl.lit(epoch, pl.Int64).alias("epoch"), "value", "low", "high", "chance")
            for epoch, run in found.runs.items()
        ]
        table = pl.concat(rows)
        if table.height:
            yield Score(name, measure, table)


def accuracy(found: OverTraining) -> Curves:
    """What training tells: accuracy at the level that is learned, on each split; nothing where there is none."""
    if found.training.level is None:
        return Curves((), {})
    try:
        table = found.training.curves
    except RunFolderError:
        return Curves((), {})
    level = found.training.level
    rows = table.filter((pl.col("level") == level) & pl.col("group").is_null()).drop_nulls("accuracy")
    curves = []
    for (split,), part in rows.partition_by("split", as_dict=True, maintain_order=True).items():
        points = (Point(str(epoch), float(epoch), value, None, None, None)
                  for epoch, value in part.select("epoch", "accuracy").rows())  # fmt: skip
        name = "batches, while learning" if split == "batches" else str(split)
        curves.append(Curve(f"Accuracy, {level}", name, name, "accuracy", tuple(points)))
    return Curves(tuple(curves), {}, bands=False, across="epoch")


def by_epoch(found: OverTraining, scores: list[Score]) -> Curves:
    """Scores of a few layers against epochs, one panel for each score."""
    names = next(iter(found.runs.values())).layer_names
    chosen = spread(names[::-1], LINES, pixels=1)[::-1]  # backwards, so that the last one is among them
    curves = []
    for score in scores:
        for layer in chosen:
            points = tuple(
                Point(str(epoch), float(epoch), value, low, high, chance)
                for epoch, value, low, high, chance in score.of(layer).drop("layer").rows()
            )
            if points:
                curves.append(Curve(score.name, layer, f"{score.name}, {layer}", score.measure, points))
    return Curves(tuple(curves), {}, bands=False, across="epoch")


def left_out(found: OverTraining) -> str:
    """Which superclasses have no scores and why, as the first run tells it; empty where all have."""
    run = next(iter(found.runs.values()))
    factor = min(run.about["request"]["factors"])
    reasons = run.scores("ami", parameters=f"factor={factor}")["reason"].drop_nulls()
    return str(reasons[0]).removeprefix("left out: ") if len(reasons) else ""


def heat_map(found: OverTraining, score: Score) -> HeatMap:
    """A score of every layer (rows, the output on top) at every epoch (columns)."""
    values = {(layer, epoch): value for layer, epoch, value in score.rows.select("layer", "epoch", "value").rows()}
    names = [name for name in next(iter(found.runs.values())).layer_names if (score.of(name).height)]
    rows = ((name, tuple(values.get((name, epoch)) for epoch in found.runs)) for name in names[::-1])
    return HeatMap.of(map(str, found.runs), rows)


def quarter(found: OverTraining) -> int:
    """The first probed epoch after a quarter of those probed."""
    return next(epoch for epoch in found.runs if epoch >= SETTLED * max(found.runs))


def settling(found: OverTraining, score: Score) -> list[Settling]:
    """How each layer's score moves, in execution order."""
    ends = (min(found.runs), quarter(found), max(found.runs))
    rows = []
    for layer in next(iter(found.runs.values())).layer_names:
        values = dict(score.of(layer).select("epoch", "value").rows())
        later = [value for epoch, value in values.items() if epoch >= ends[1]]
        if values:
            moved = max(later) - min(later) if later else None
            first, middle, last = (values.get(epoch) for epoch in ends)
            rows.append(Settling(layer, first, middle, last, moved))
    return rows


def _part(found: OverTraining, scores: list[Score], counter: Iterator[int]) -> Part | None:
    if not scores:
        return None
    figure = draw_figure(next(counter), by_epoch(found, scores))
    return Part(figure, tuple((score, heat_map(found, score)) for score in scores))
