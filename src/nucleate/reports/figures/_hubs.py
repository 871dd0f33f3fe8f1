"""The samples that are nearest neighbours of the most others, where hubs are strongest inside the network."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from nucleate.errors import UsageError
from nucleate.pipeline import Run
from nucleate.reports.figures._gallery import MARKUP_BYTES, Thumbnail, excerpts, is_tiny, pictures

SHOWN = 16
ENDS = ("input", "output")


@dataclass(frozen=True)
class Hub:
    """One sample and in how many neighbourhoods it lies."""

    sample: Thumbnail
    occurrence: int


@dataclass(frozen=True)
class Hubs:
    """The most frequent neighbours at one layer.

    Attributes
    ----------
    layer : str
    skewness : float
        The hubness there.
    highest, inner : bool
        Whether the layer was chosen for it, among those between input and output only.
    shown : tuple of Hub
        Most frequent first.
    never : int
        Samples that are nobody's neighbour.
    samples : int
    entropy : tuple of two float, or None
        Mean image entropy of the shown, and of all others.
    """

    layer: str
    skewness: float
    highest: bool
    inner: bool
    shown: tuple[Hub, ...]
    never: int
    samples: int
    entropy: tuple[float, float] | None


def hubs(run: Run, *, budget: int, layer: str | None = None) -> Hubs | None:
    """The hubs of a layer, as many as fit into `budget` bytes; None where hubness was not measured.

    By default of the layer of highest hubness between the network's input and output, where hubs are of its making.
    """
    scores = run.scores("hubness").drop_nulls("value")
    scores = scores.filter(pl.Series([run.has("peaks", layer) for layer in scores["layer"]], dtype=pl.Boolean))
    within = scores.filter(~pl.col("layer").is_in(ENDS))
    inner = layer is None and not within.is_empty()
    scores = within if inner else scores
    scores = scores if layer is None else scores.filter(pl.col("layer") == run.layer(layer).name)
    if scores.is_empty():
        return None
    name, skewness = scores.select("layer", "value").row(int(scores["value"].arg_max() or 0))
    table = run.landscape(name)
    most = table.sort("occurrence", "row", descending=[True, False]).head(SHOWN)
    never = table.filter(pl.col("occurrence") == 0).height
    entropy = _entropy(run, most["row"].to_list())
    return Hubs(name, skewness, layer is None, inner, _shown(run, most, budget), never, table.height, entropy)


def _entropy(run: Run, rows: list[int]) -> tuple[float, float] | None:
    try:
        known = run.entropies
    except UsageError:
        return None
    of_hubs = pl.col("row").is_in(rows)
    means = [known.filter(chosen)["entropy"].mean() for chosen in (of_hubs, ~of_hubs)]
    return (float(means[0]), float(means[1])) if means[0] is not None and means[1] is not None else None  # type: ignore[arg-type]


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
