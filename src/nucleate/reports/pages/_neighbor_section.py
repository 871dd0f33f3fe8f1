"""What a report draws of neighbourhoods beside curves: how single samples spread, and all pairs of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nucleate.pipeline import Run
from nucleate.reports.figures import Histogram, OverlapMap, draw_histograms, draw_overlap_map, histograms, overlap_map
from nucleate.reports.pages._peak_section import NARROW, WIDE, Drawing


@dataclass(frozen=True)
class NeighborSection:
    """Drawings, and what their captions tell.

    Attributes
    ----------
    histograms : list of Histogram
    spread : Drawing or None
        None where label overlap was not measured.
    map : OverlapMap or None
    pairs : Drawing or None
        None where overlap was not measured, or there are fewer than three layers.
    """

    histograms: Sequence[Histogram]
    spread: Drawing | None
    map: OverlapMap | None
    pairs: Drawing | None


def neighbor_section(run: Run, counter: Iterator[int]) -> NeighborSection:
    """Gather and draw."""
    found, pairs = histograms(run), overlap_map(run)
    spread = Drawing(next(counter), draw_histograms(found, WIDE), draw_histograms(found, NARROW)) if found else None
    drawn = Drawing(next(counter), draw_overlap_map(pairs, WIDE), draw_overlap_map(pairs, NARROW)) if pairs else None
    return NeighborSection(found, spread, pairs, drawn)
