"""Overlap of neighbourhoods between every pair of layers, as a heat map."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from markupsafe import Markup

from nucleate.errors import UsageError
from nucleate.pipeline import Run
from nucleate.reports.figures._axes import UPRIGHT, spread
from nucleate.reports.figures._drawing import INK, element, shortened, svg, text, width_of

STEPS = 10
KEY, LETTERS = 34.0, 16


@dataclass(frozen=True)
class OverlapMap:
    """Overlaps of pairs of layers.

    Attributes
    ----------
    layers : tuple of str
        In execution order.
    values : (layers, layers) float64
        Symmetric; 1 on the diagonal.
    chance : float
    """

    layers: tuple[str, ...]
    values: np.ndarray
    chance: float

    @property
    def extremes(self) -> list[tuple[str, int]]:
        """Layers from which the replacement of half of the neighbours takes most and fewest layers, and how many."""
        found = []
        for place, row in enumerate(self.values):
            later = np.flatnonzero(row[place:] < 0.5)
            if len(later):
                found.append((self.layers[place], int(later[0])))
        longest, shortest = (max(found, key=_steps), min(found, key=_steps)) if found else (None, None)
        return [one for one in dict.fromkeys((longest, shortest)) if one is not None]


def _steps(found: tuple[str, int]) -> int:
    return found[1]


def overlap_map(run: Run) -> OverlapMap | None:
    """The overlaps of a run; None where they were not measured, or there are fewer than three layers."""
    try:
        table = run.layer_overlaps
    except UsageError:
        return None
    names = run.layer_names
    if len(names) < 3:
        return None
    place = {name: number for number, name in enumerate(names)}
    values = np.eye(len(names))
    for layer, other, value in table.select("layer", "other", "overlap").rows():
        values[place[layer], place[other]] = values[place[other], place[layer]] = value
    return OverlapMap(tuple(names), values, float(table["chance"][0]))


def draw_overlap_map(found: OverlapMap, width: int) -> Markup:
    """A square of cells in ten steps of colour; neighbours of one colour in a row are one shape."""
    count = len(found.layers)
    names = [shortened(name, LETTERS) for name in found.layers]
    left = max(map(width_of, names)) + 8
    cell = min(28.0, (width - left - 2) / count)
    shown = set(spread(range(count), int(cell * count), pixels=UPRIGHT))
    parts: list[Markup] = []
    for row in range(count):
        parts += _row(found, row, left, cell)
        if row in shown:
            parts.append(text(names[row], left - 6, (row + 0.5) * cell + 4, text_anchor="end"))
            x, y = left + (row + 0.5) * cell + 4, count * cell + 8
            turned = f"rotate(-90 {x:.1f} {y:.1f})"
            parts.append(text(names[row], x, y, text_anchor="end", transform=turned))
    below = count * cell + max(map(width_of, names)) + 16
    parts += _key(left, below, min(width - left, 300.0))
    label = f"Heat map of the overlap of neighbourhoods between {count} layers"
    return svg(width, below + KEY, parts, label=label)


def _row(found: OverlapMap, row: int, left: float, cell: float) -> Iterator[Markup]:
    values = found.values[row]
    for shade, places in groupby(range(len(values)), key=lambda place: _shade(values[place])):
        run_of = list(places)
        first, last = run_of[0], run_of[-1]
        span = f"{values[run_of].min():.2f}" + (f" to {values[run_of].max():.2f}" if first < last else "")
        others = found.layers[first] + (f" … {found.layers[last]}" if first < last else "")
        yield element(
            "rect", element("title", f"{found.layers[row]} and {others}: {span}"), x=left + first * cell,
            y=row * cell, width=cell * len(run_of) + 0.3, height=cell + 0.3, fill=f"var(--h{shade})",
        )  # fmt: skip


def _shade(value: float) -> int:
    return min(STEPS - 1, math.floor(value * STEPS + 1e-9))


def _key(x: float, y: float, width: float) -> Iterator[Markup]:
    step = width / STEPS
    for shade in range(STEPS):
        yield element("rect", x=x + shade * step, y=y, width=step + 0.3, height=10.0, fill=f"var(--h{shade})")
    for value in (0.0, 0.5, 1.0):
        yield text(f"{value:g}", x + value * width, y + 24, text_anchor="middle", fill=INK)
