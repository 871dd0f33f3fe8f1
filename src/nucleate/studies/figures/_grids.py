"""Pictures that are tables: numbers in colours, and the samples of clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from nucleate.errors import UsageError
from nucleate.pipeline import Run
from nucleate.reports.content import HeatMap
from nucleate.reports.figures import GroupGallery, galleries
from nucleate.reports.pages import fill_fragment
from nucleate.studies.figures._pictures import Picture

BYTES = 2**20
"""Of the thumbnails in one picture."""


def draw_grid(caption: str, rows: Mapping[str, Sequence[float | None]], columns: Sequence[str]) -> Picture:
    """Numbers in colours, with a legend; without the numbers where there are too many.

    Parameters
    ----------
    caption : str
    rows : mapping
        Name of a row -> a value for each column; None where there is none.
    columns : sequence of str
    """
    heat = HeatMap.of(columns, ((name, tuple(values)) for name, values in rows.items()))
    told = "Each colour starts at the value written in it."
    markup = fill_fragment("grid.html.j2", heat=heat, label=caption)
    table = [(row, column, value) for row, values in heat.rows for column, value in zip(columns, values, strict=True)]
    schema = {"row": pl.String, "column": pl.String, "value": pl.Float64}
    return Picture(f"{caption} {told}", str(markup), pl.DataFrame(table, schema=schema, orient="row"))


def draw_clusters(caption: str, shown: Mapping[str, tuple[Run, str]], superclass: str) -> Picture:
    """Samples of each cluster of a superclass, at the smallest overclustering factor.

    Parameters
    ----------
    caption : str
    shown : mapping
        Title -> run and layer.
    superclass : str

    Raises
    ------
    UsageError
        When a run has no clusters of it.
    """
    found = {title: _clusters(run, layer, superclass, BYTES // len(shown)) for title, (run, layer) in shown.items()}
    markup = fill_fragment("galleries.html.j2", galleries=list(found.items()))
    rows = [
        (title, cluster.number, cluster.size, label, count)
        for title, group in found.items()
        for cluster in group.clusters
        for label, count in cluster.labels
    ]
    schema = {
        "shown": pl.String, "cluster": pl.Int64, "size": pl.Int64, "label": pl.String, "count": pl.Int64,
    }  # fmt: skip
    return Picture(caption, str(markup), pl.DataFrame(rows, schema=schema, orient="row"))


def _clusters(run: Run, layer: str, superclass: str, budget: int) -> GroupGallery:
    found = galleries(run, layer, [superclass], budget=budget)
    if not found:
        raise UsageError(f"{run.root} has no clusters of {superclass!r}", "Name one of its superclasses")
    return found[0]
