"""Tables of a report: superclasses at one layer, superclasses against layers, runs against runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nucleate.pipeline import Run
from nucleate.reports.content._curves import Curves, Point, smallest_factor
from nucleate.reports.content._summary import Best

HEAT_STEPS = 10
DENSE = 18  # layers beyond which the heat map shows colours only


@dataclass(frozen=True)
class Superclass:
    """One superclass at one layer.

    Attributes
    ----------
    name : str
    subclasses, samples : int
    scores : dict
        Measure -> its row of the profile; `label_overlap` may be missing.
    ties : int
        Tied merges of its Ward tree.
    reason : str or None
        Why it has no scores.
    """

    name: str
    subclasses: int
    samples: int
    scores: Mapping[str, Mapping[str, Any]]
    ties: int
    reason: str | None


@dataclass(frozen=True)
class HeatMap:
    """AMI of superclasses (rows) at layers (columns).

    Attributes
    ----------
    layers : tuple of str
    rows : tuple of (name, values)
        None where there is no value.
    step : float
        Width of one colour step.
    """

    layers: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]
    step: float

    @classmethod
    def of(cls, layers: Iterable[str], rows: Iterable[tuple[str, tuple[float | None, ...]]]) -> HeatMap:
        """A map with the narrowest colour step that reaches its highest value."""
        found = tuple(rows)
        highest = max((value for _, row in found for value in row if value is not None), default=1.0)
        step = next(step for step in (0.02, 0.05, 0.1) if highest <= step * HEAT_STEPS or step == 0.1)
        return cls(tuple(layers), found, step)

    @property
    def dense(self) -> bool:
        """Whether there is no room for numbers."""
        return len(self.layers) > DENSE

    def shade(self, value: float) -> int:
        """The colour step of a value, 0 to 9."""
        return min(HEAT_STEPS - 1, max(0, math.floor(value / self.step + 1e-9)))

    @property
    def legend(self) -> list[tuple[int, float, float]]:
        """Each colour step with the values it stands for."""
        return [(shade, shade * self.step, (shade + 1) * self.step) for shade in range(HEAT_STEPS)]


def superclasses(run: Run, layer: str) -> list[Superclass]:
    """The groups that were clustered, by falling AMI; those without scores at the end."""
    request = run.about["request"]
    main = pl.col("parameters") == f"k={request['k']}"
    at_layer = run.profile.filter((pl.col("layer") == layer) & pl.col("group").is_not_null())
    chosen = at_layer.filter(
        (pl.col("parameters") == f"factor={smallest_factor(run)}")
        | (pl.col("measure") == "tied_merges")
        | ((pl.col("measure") == "label_overlap") & (pl.col("level") == request["recover"]) & main)
    )
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in chosen.iter_rows(named=True):
        found.setdefault(row["group"], {})[row["measure"]] = row
    if request["within"] is None:  # one group: its label overlap is that of all samples
        whole = run.scores("label_overlap", level=request["recover"]).filter((pl.col("layer") == layer) & main)
        for scores, row in zip(found.values(), whole.iter_rows(named=True), strict=False):
            scores["label_overlap"] = row
    subclasses = _subclass_counts(run)
    rows = [
        Superclass(
            name=group,
            subclasses=subclasses[group if request["within"] else None],
            samples=scores["ami"]["n"],
            scores=scores,
            ties=int(scores["tied_merges"]["value"]),
            reason=scores["ami"]["reason"],
        )
        for group, scores in found.items()
        if "ami" in scores
    ]
    return sorted(rows, key=lambda row: (row.reason is not None, -(row.scores["ami"]["value"] or 0.0), row.name))


def _subclass_counts(run: Run) -> dict[str | None, int]:
    """Superclass -> number of subclasses among its analysed samples; None where all samples form one group."""
    request = run.about["request"]
    analysed = run.samples[run.rows.tolist()]
    group = pl.lit(None, pl.String) if request["within"] is None else pl.col(request["within"])
    return dict(analysed.group_by(group.alias("group")).agg(pl.col(request["recover"]).n_unique()).rows())


def heat_map(run: Run, order: Sequence[str]) -> HeatMap | None:
    """AMI at the smallest factor; None for fewer than two groups or layers."""
    layers = tuple(run.layer_names)
    if len(order) < 2 or len(layers) < 2:
        return None
    scored = run.profile.filter(
        (pl.col("measure") == "ami")
        & (pl.col("parameters") == f"factor={smallest_factor(run)}")
        & pl.col("group").is_in(list(order))
    )
    values = {(group, layer): value for group, layer, value in scored.select("group", "layer", "value").rows()}
    return HeatMap.of(layers, ((group, tuple(values.get((group, layer)) for layer in layers)) for group in order))


@dataclass(frozen=True)
class DataTable:
    """The numbers of a figure: layers as rows, curves as columns."""

    columns: tuple[str, ...]
    digits: tuple[int, ...]
    rows: tuple[tuple[str, float, tuple[Point | None, ...]], ...]


def data_table(curves: Curves) -> DataTable:
    """Every point of a figure."""
    columns = tuple(curve.full_name for curve in curves.curves)
    places: dict[tuple[str, float], list[Point | None]] = {}
    order = list(curves.layers)
    for column, curve in enumerate(curves.curves):
        for point in curve.points:
            row = places.setdefault((point.layer, point.depth), [None] * len(columns))
            row[column] = point
    by_place = sorted(places, key=lambda place: (order.index(place[0]) if order else 0, place[1]))
    digits = tuple(curve.digits for curve in curves.curves)
    return DataTable(columns, digits, tuple((layer, depth, tuple(places[layer, depth])) for layer, depth in by_place))


@dataclass(frozen=True)
class Compared:
    """One run in the table of several.

    Attributes
    ----------
    name : str
    run : Run
    best : Best or None
    labels : tuple of (str, dict or None)
        Level -> label overlap at the last layer.
    """

    name: str
    run: Run
    best: Best | None
    labels: tuple[tuple[str, Mapping[str, Any] | None], ...]


def compared(runs: Mapping[str, Run], bests: Mapping[str, Best | None]) -> list[Compared]:
    """Several runs side by side."""
    levels = list(dict.fromkeys(level for run in runs.values() for level in run.levels))
    return [
        Compared(name, run, bests[name], tuple((level, _last_label_overlap(run, level)) for level in levels))
        for name, run in runs.items()
    ]


def _last_label_overlap(run: Run, level: str) -> Mapping[str, Any] | None:
    k = run.about["request"]["k"]
    scores = run.scores("label_overlap", level=level, parameters=f"k={k}").filter(
        pl.col("layer") == run.layer_names[-1]
    )
    return scores.row(0, named=True) if scores.height else None
