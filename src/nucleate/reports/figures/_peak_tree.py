"""The dendrogram of density peaks: a row for each peak, its tip at its log density, joined at the saddles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from nucleate.clusters import Dendrogram
from nucleate.reports.content import PeakLayer, count, number
from nucleate.reports.figures._drawing import (
    INK,
    MUTED,
    RULE,
    element,
    line,
    round_steps,
    shortened,
    svg,
    text,
    width_of,
)

ROW, TOP, BOTTOM, LEFT = 16, 34, 24, 10  # pixels


@dataclass(frozen=True)
class _Frame:
    """From log densities and rows to pixels."""

    low: float
    high: float
    width: float

    def x(self, log_density: float) -> float:
        return LEFT + (log_density - self.low) / (self.high - self.low) * (self.width - LEFT)

    @staticmethod
    def y(row: float) -> float:
        return TOP + ROW * (row + 0.5)


def leaf_order(tree: Dendrogram) -> list[int]:
    """Peaks from the first row to the last, such that no two branches cross; the denser side of a branch first."""
    peaks = len(tree.log_density)
    densest = list(tree.log_density)
    for left, right, *_ in tree.linkage:
        densest.append(max(densest[int(left)], densest[int(right)]))
    order, waiting = [], [len(densest) - 1]
    while waiting:
        node = waiting.pop()
        if node < peaks:
            order.append(node)
        else:
            sides = sorted((int(side) for side in tree.linkage[node - peaks, :2]), key=lambda side: densest[side])
            waiting += sides
    return order


def draw_tree(found: PeakLayer, order: list[int], width: int, *, tree: Dendrogram | None = None) -> Markup:
    """Draw the dendrogram of at least two peaks.

    Parameters
    ----------
    found : PeakLayer
    order : list of int
        Peaks from the first row to the last; see `leaf_order`.
    width : int
        Pixels.
    tree : Dendrogram, optional
        The tree of `found.rows` where they are one branch of it; default the whole.
    """
    tree = tree or found.shown.dendrogram()
    letters = 34 if width > 500 else 14
    tails = [_tail(peak.population, peak.purity) for peak in found.rows]
    names = [shortened(peak.name, letters) for peak in found.rows]
    room = max(width_of(name + tail) for name, tail in zip(names, tails, strict=True)) + 16
    levels = tree.log_density.max() - tree.linkage[:, 2]
    frame = _Frame(float(levels.min()), float(tree.log_density.max()), width - room)
    bottom = TOP + ROW * len(order)
    parts = _axis(frame, bottom)
    parts += _branches(found, tree, order, frame)
    for row, peak in enumerate(order):
        x, y = frame.x(tree.log_density[peak]), frame.y(row)
        colour = found.main_colour(found.rows[peak])
        parts.append(element("circle", cx=x, cy=y, r=3.5, fill=colour))
        tail = element("tspan", tails[peak], fill=MUTED)
        parts.append(text(Markup("").join([names[peak], tail]), x + 8, y + 4))
    label = f"Tree of {len(order)} density peaks with their names. A table of its numbers follows."
    return svg(width, bottom + BOTTOM, parts, label=label)


def _tail(population: int, purity: float | None) -> str:
    return f" ({count(population)}{'' if purity is None else f', {number(purity, 2)}'})"


def _axis(frame: _Frame, bottom: float) -> list[Markup]:
    parts = [text("log density", LEFT, 12, fill=MUTED)]
    for step in round_steps(frame.low, frame.high):
        x = frame.x(step)
        told = f"{step:g}".replace("-", "−")
        parts.append(line(x, TOP - 4, x, bottom + 4, stroke=RULE))
        parts += [text(told, x, y, fill=INK, text_anchor="middle") for y in (TOP - 8, bottom + 16)]
    return parts


def _branches(found: PeakLayer, tree: Dendrogram, order: list[int], frame: _Frame) -> list[Markup]:
    """Each merge as an upright line between its two sides, in their colour if they share one."""
    rows = np.empty(len(order))
    rows[order] = np.arange(len(order))
    heights, levels = list(rows), list(tree.log_density)
    colours: list[str | None] = [found.main_colour(peak) for peak in found.rows]
    parts = []
    highest = float(tree.log_density.max())
    for left, right, height, _ in tree.linkage:
        level, sides = highest - height, (int(left), int(right))
        for side in sides:
            x, y = frame.x(level), frame.y(heights[side])
            parts.append(line(x, y, frame.x(levels[side]), y, stroke=colours[side] or MUTED, stroke_width=1.4))
        shared = colours[sides[0]] if colours[sides[0]] == colours[sides[1]] else None
        ends = [frame.y(heights[side]) for side in sides]
        parts.append(line(x, min(ends) - 0.7, x, max(ends) + 0.7, stroke=shared or MUTED, stroke_width=1.4))
        heights.append((heights[sides[0]] + heights[sides[1]]) / 2)
        levels.append(level)
        colours.append(shared)
    return parts
