"""What a report says about the density peaks of one layer: figures, numbers, samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from nucleate.pipeline import Run
from nucleate.reports.content._peak_layer import PeakLayer, peak_layer
from nucleate.reports.figures import (
    Branches,
    Cluster,
    GroupGallery,
    Plateau,
    draw_composition,
    draw_map,
    draw_persistence,
    draw_tree,
    fitted,
    leaf_order,
    peak_branches,
    plateaus,
    strip,
    widest,
)
from nucleate.reports.pages._peak_layers import LayerMaps, layer_maps

WIDE, NARROW = 740, 340
ROWS = ("tree", "composition")  # figures with a row for each peak
LONG = 45  # rows beyond which a figure scrolls in a window of its own
STRIPS, PER_STRIP = 24, 9


@dataclass(frozen=True)
class Drawing:
    """A numbered figure, drawn for wide and for narrow screens.

    Attributes
    ----------
    number : int
    wide, narrow : Markup
    long : bool
        Whether it scrolls.
    """

    number: int
    wide: Markup
    narrow: Markup
    long: bool = False


@dataclass(frozen=True)
class PeakSection:
    """The peaks of one layer.

    Attributes
    ----------
    found : PeakLayer
    lasting : list of Plateau
        The numbers of peaks that hold over the widest ranges of Z.
    plateaus : list of Plateau
        All of them.
    drawings : dict
        "persistence"; "tree" and "map", None for a single peak; "composition", None without labels.
    branches : Branches or None
        None where the tree is small.
    maps : LayerMaps or None
        None where no other layer has peaks.
    """

    found: PeakLayer
    plateaus: list[Plateau]
    lasting: list[Plateau]
    drawings: Mapping[str, Drawing | None]
    branches: Branches | None
    maps: LayerMaps | None


def peak_section(run: Run, counter: Iterator[int]) -> PeakSection | None:
    """Gather and draw; None where the run has no peaks, or too many."""
    found = peak_layer(run)
    if found is None:
        return None
    steps = plateaus(found.at_request)
    several = len(found.rows) > 1
    order = leaf_order(found.shown.dendrogram()) if several else [0]
    draw: dict[str, Callable[[int], Markup] | None] = {
        "persistence": lambda width: draw_persistence(found.at_request, steps, width),
        "tree": (lambda width: draw_tree(found, order, width)) if several else None,
        "map": (lambda width: draw_map(found, width)) if several else None,
        "composition": (lambda width: draw_composition(found, order, width)) if found.colouring else None,
    }
    drawings = {
        name: Drawing(next(counter), make(WIDE), make(NARROW), name in ROWS and len(order) > LONG) if make else None
        for name, make in draw.items()
    }
    branches = peak_branches(found)
    return PeakSection(found, steps, widest(steps, 3), drawings, branches, layer_maps(run, counter))


def peak_gallery(run: Run, found: PeakLayer, *, budget: int) -> Sequence[Cluster]:
    """The samples of the most populous peaks, as many pictures as fit into `budget` bytes."""
    label = pl.col(run.levels[-1] if run.levels else "id").cast(pl.String)
    samples = run.samples[run.landscape(found.layer)["row"].to_list()]
    table = samples.select("row", "id", label=label if run.levels else pl.lit(""))
    table = table.with_columns(peak=pl.Series(found.shown.labels))
    parts = {peak: part for (peak,), part in table.partition_by("peak", as_dict=True).items()}
    largest = sorted(parts, key=lambda peak: (-parts[peak].height, peak))[:STRIPS]

    def gallery(length: int) -> list[GroupGallery]:
        return [GroupGallery("", tuple(strip(int(peak) + 1, parts[peak], length) for peak in sorted(largest)), ())]

    return fitted(run, gallery, PER_STRIP, budget=budget)[0].clusters
