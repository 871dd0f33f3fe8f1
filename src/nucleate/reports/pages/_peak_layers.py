"""Maps of density peaks of several layers, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from nucleate.pipeline import Run
from nucleate.reports.content._peak_layer import ENDS, has_peaks, read_layer
from nucleate.reports.figures import draw_map

LAYERS = 6
DISCS = 80  # on a small map
NAMED = 9.0  # pixels, the least radius of a disc with a name
WIDTH = 236
NOT_KEPT = "its peaks are not in the run folder"


@dataclass(frozen=True)
class SmallMap:
    """The map of one layer.

    Attributes
    ----------
    layer : str
    depth : float
    peaks, discs : int
        How many there are at the confidence that the run asked for, and how many are drawn.
    drawing : Markup or None
        None for a single peak, or too many that do not touch.
    """

    layer: str
    depth: float
    peaks: int
    discs: int
    drawing: Markup | None


@dataclass(frozen=True)
class LayerMaps:
    """Maps through the network.

    Attributes
    ----------
    number : int
        Of the figure.
    maps : tuple of SmallMap
    of : int
        How many layers have peaks.
    without : dict
        Reason -> layers that have none.
    """

    number: int
    maps: tuple[SmallMap, ...]
    of: int
    without: Mapping[str, list[str]]


def layer_maps(run: Run, counter: Iterator[int]) -> LayerMaps | None:
    """Draw maps of layers spread over depth; None where fewer than two layers have peaks."""
    scores = run.scores("peaks").select("layer", "depth", "value", "reason")
    depths: dict[str, float] = {}
    without: dict[str, list[str]] = {}
    for layer, depth, value, reason in scores.rows():
        if value is None or not has_peaks(run, layer):
            without.setdefault(reason or "" if value is None else NOT_KEPT, []).append(layer)
        else:
            depths[layer] = depth
    if len(depths) < 2:
        return None
    maps = tuple(_small_map(run, layer, depths[layer]) for layer in spread_over(list(depths)))
    return LayerMaps(next(counter), maps, len(depths), without)


def spread_over(layers: Sequence[str], most: int = LAYERS) -> list[str]:
    """At most so many layers, evenly spaced: the first, the last before the output, and the output among them."""
    before = [layer for layer in layers if layer != ENDS[1]]
    output = [layer for layer in layers if layer == ENDS[1]]
    places = np.linspace(0, len(before) - 1, min(len(before), most - len(output)))
    return [before[place] for place in np.round(places).astype(int)] + output


def _small_map(run: Run, layer: str, depth: float) -> SmallMap:
    found = read_layer(run, layer, most=DISCS)
    drawing = draw_map(found, WIDTH, named=NAMED) if 1 < len(found.rows) <= DISCS else None
    return SmallMap(layer, depth, len(found.at_request.centers), len(found.rows), drawing)
