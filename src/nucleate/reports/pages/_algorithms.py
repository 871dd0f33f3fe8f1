"""How other clustering algorithms do beside Ward (Nguyen and Kornblith, Table B.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from nucleate.clusters import ALGORITHMS
from nucleate.pipeline import Run
from nucleate.pipeline.analyses import MEASURES, parameters
from nucleate.reports.content import Curves, gather, smallest_factor, title

Scores = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Algorithm:
    """One algorithm's scores, at the smallest overclustering factor.

    Attributes
    ----------
    name, title : str
    at_best, at_last : dict
        Measure -> its row of the profile, at Ward's best layer and at the last one.
    highest : (layer, AMI) or None
        Where its own AMI is highest, the input aside.
    """

    name: str
    title: str
    at_best: Scores
    at_last: Scores
    highest: tuple[str, float] | None


def algorithms(run: Run, best: str) -> list[Algorithm]:
    """Every algorithm that a run clustered with, Ward first; empty where that is the only one."""
    names = run.about["request"].get("algorithms", ["ward"])
    if len(names) < 2:
        return []
    return [
        Algorithm(
            name=name,
            title=ALGORITHMS[name].title,
            at_best=_scores(run, name, best),
            at_last=_scores(run, name, run.layer_names[-1]),
            highest=_highest(run, name),
        )
        for name in names
    ]


def compared_algorithms(run: Run) -> Curves:
    """AMI and purity of every algorithm against layers; nothing where there is one only."""
    names = run.about["request"].get("algorithms", ["ward"])
    if len(names) < 2:
        return Curves((), {})
    drawn = (
        (title(measure), ALGORITHMS[name].title, _of_algorithm(run, measure, name))
        for measure in ("ami", "purity")
        for name in names
    )
    return replace(gather(run, drawn), bands=False)


def _of_algorithm(run: Run, measure: str, name: str) -> pl.DataFrame:
    return run.scores(measure, parameters=parameters(name, smallest_factor(run)))


def _scores(run: Run, name: str, layer: str) -> Scores:
    at_layer = {
        measure: _of_algorithm(run, measure, name).filter(pl.col("layer") == layer).row(0, named=True)
        for measure in MEASURES
    }
    return {measure: row for measure, row in at_layer.items() if row["value"] is not None}


def _highest(run: Run, name: str) -> tuple[str, float] | None:
    scores = _of_algorithm(run, "ami", name).drop_nulls("value")
    scores = scores.filter(pl.col("layer") != "input") if scores.height > 1 else scores
    if scores.is_empty():
        return None
    return scores.select("layer", "value").row(int(scores["value"].arg_max() or 0))
