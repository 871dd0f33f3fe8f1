"""The samples that are nearest neighbours of the most others, where hubs are strongest."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from nucleate.pipeline import Run
from nucleate.report.gallery import MARKUP_BYTES, Thumbnail, excerpts, is_tiny, pictures

SHOWN = 16


@dataclass(frozen=True)
class Hub:
    """One sample and in how many neighbourhoods it lies."""

    sample: Thumbnail
    occurrence: int


@dataclass(frozen=True)
class Hubs:
    """The most frequent neighbours at the layer of highest hubness.

    Attributes
    ----------
    layer : str
    skewness : float
        The hubness there.
    shown : tuple of Hub
        Most frequent first.
    never : int
        Samples that are nobody's neighbour.
    samples : int
    """

    layer: str
    skewness: float
    shown: tuple[Hub, ...]
    never: int
    samples: int


def hubs(run: Run, *, budget: int) -> Hubs | None:
    """The strongest hubs of a run, as many as fit into `budget` bytes; None where hubness was not measured."""
    scores = run.scores("hubness").drop_nulls("value")
    scores = scores.filter(pl.Series([run.has("peaks", layer) for layer in scores["layer"]], dtype=pl.Boolean))
    if scores.is_empty():
        return None
    layer, skewness = scores.select("layer", "value").row(int(scores["value"].arg_max() or 0))
    table = run.landscape(layer)
    most = table.sort("occurrence", "row", descending=[True, False]).head(SHOWN)
    never = table.filter(pl.col("occurrence") == 0).height
    return Hubs(layer, skewness, _shown(run, most, budget), never, table.height)


def _shown(run: Run, most: pl.DataFrame, budget: int) -> tuple[Hub, ...]:
    rows = most["row"].to_list()
    uris, texts = pictures(run, rows), excerpts(run)
    label = pl.col(run.levels[-1] if run.levels else "id").cast(pl.String).alias("label")
    named = run.samples[rows].select(pl.col("id").cast(pl.String), label).rows()
    found = []
    for row, occurrence, (name, label_) in zip(rows, most["occurrence"].to_list(), named, strict=True):
        picture = uris.get(row, Markup(""))
        budget -= len(picture) + MARKUP_BYTES
        if budget < 0:
            break
        tiny, text = is_tiny(picture), texts.get(row, "")
        sample = Thumbnail(row, name, label_, differs=False, picture=picture, tiny=tiny, text=text)
        found.append(Hub(sample, occurrence))
    return tuple(found)
