"""The map of density peaks: discs whose area is their population, near one another where saddles are dense."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from markupsafe import Markup

from nucleate.reports.content import Peak, PeakLayer
from nucleate.reports.figures._drawing import PAPER, element, line, shortened, svg, text, width_of

COVERED = 0.14  # share of the map under discs
SMALLEST, GAP, EDGE = 3.0, 3.0, 10.0  # pixels
ROUNDS = 300
SHORT = 12  # letters of a name, where more do not fit
Box = tuple[float, float, float, float]


def draw_map(found: PeakLayer, width: int, *, named: float = 0.0) -> Markup:
    """Draw the map of at least two peaks; discs of at least the radius `named` have names, as far as there is room."""
    positions = found.shown.layout()
    height = _height(positions, width)
    radii = _radii(found.shown.populations, width * height)
    places = spread_discs(_scaled(positions, radii, width, height), radii)
    low, high = (places - radii[:, None]).min(axis=0), (places + radii[:, None]).max(axis=0)
    places = places - low + EDGE + np.array([max(0.0, (width - 2 * EDGE - high[0] + low[0]) / 2), 0.0])
    bottom = float(high[1] - low[1]) + 2 * EDGE
    parts = list(_saddles(found, places))
    for peak, place, radius in zip(found.rows, places.tolist(), radii.tolist(), strict=True):
        parts += _disc(found, peak, place, radius)
    parts += _names(found, places, radii, (0.0, 0.0, float(width), bottom), letters=22, named=named)
    return svg(width, bottom, parts, label=f"Map of {len(radii)} density peaks. A table of its numbers follows.")


def spread_discs(places: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Move discs apart that overlap, as little as a few hundred rounds of pushing need."""
    places = places.copy()
    need = radii[:, None] + radii + GAP
    angles = np.arange(len(radii)) * 2.399963  # discs at one place leave it in directions of their own
    places += 1e-3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for _ in range(ROUNDS):
        apart = places[:, None] - places
        distance = np.sqrt((apart**2).sum(axis=2))
        np.fill_diagonal(distance, np.inf)
        push = np.maximum(0.0, need - distance) / 2
        if push.max() < 0.05:
            break
        places += (apart * (push / distance)[:, :, None]).sum(axis=1) * 0.5
    return places


def _height(positions: np.ndarray, width: int) -> float:
    across, up = np.ptp(positions, axis=0)
    ratio = up / across if across > 0 else 0.0
    return float(width * min(0.62, max(0.25, ratio)))


def _radii(populations: np.ndarray, area: float) -> np.ndarray:
    return np.asarray(np.maximum(SMALLEST, np.sqrt(populations / populations.sum() * COVERED * area / math.pi)))


def _scaled(positions: np.ndarray, radii: np.ndarray, width: float, height: float) -> np.ndarray:
    """One scale for both axes, y upwards."""
    room = np.array([width, height]) - 2 * (EDGE + radii.max())
    extent = np.ptp(positions, axis=0)
    scale = min((size / span for size, span in zip(room, extent, strict=True) if span > 0), default=1.0)
    return np.asarray((positions - positions.min(axis=0)) * [scale, -scale])


def _saddles(found: PeakLayer, places: np.ndarray) -> Iterator[Markup]:
    """Lines between peaks that touch, the densest saddles only, thicker where denser."""
    saddles = found.shown.saddles
    kept = min(len(saddles), 2 * len(places))
    density = saddles.log_density[:kept]
    span = float(np.ptp(density)) if kept else 0.0
    for (first, second), level in zip(saddles.pairs[:kept].tolist(), density.tolist(), strict=True):
        thickness = 0.8 + (1.8 * (level - float(density.min())) / span if span else 0.9)
        ends = (*places[first].tolist(), *places[second].tolist())
        yield line(*ends, stroke_width=thickness, stroke_opacity=0.45)


def _disc(found: PeakLayer, peak: Peak, place: list[float], radius: float) -> list[Markup]:
    """A disc, cut into sectors where it holds several classes."""
    x, y = place
    shares = peak.shares
    parts = [element("circle", cx=x, cy=y, r=radius, fill=found.main_colour(peak))]
    start = shares[next(iter(shares))] / peak.population if shares else 1.0
    for name in list(shares)[1:]:
        end = start + shares[name] / peak.population
        (x1, y1), (x2, y2) = (
            (x + radius * math.sin(2 * math.pi * turn), y - radius * math.cos(2 * math.pi * turn))
            for turn in (start, end)
        )
        large = int(end - start > 0.5)
        path = f"M{x:.2f},{y:.2f}L{x1:.2f},{y1:.2f}A{radius:.2f},{radius:.2f},0,{large},1,{x2:.2f},{y2:.2f}Z"
        parts.append(element("path", d=path, fill=found.colour(name)))
        start = end
    return [*parts, element("circle", cx=x, cy=y, r=radius, fill="none", stroke=PAPER, stroke_width=1)]


def _names(
    found: PeakLayer, places: np.ndarray, radii: np.ndarray, frame: Box, *, letters: int, named: float
) -> Iterator[Markup]:
    """Names beside discs, the largest first, where they hide neither discs nor other names."""
    discs = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(places.tolist(), radii.tolist(), strict=True)]
    taken: list[Box] = []
    large = np.flatnonzero(radii >= named).tolist()
    for place in sorted(large, key=lambda peak: (-found.rows[peak].population, peak)):
        others = taken + discs[:place] + discs[place + 1 :]
        tried = (
            (name, box)
            for name in dict.fromkeys(shortened(found.rows[place].name, most) for most in (letters, SHORT))
            for box in _candidates(discs[place], width_of(name))
        )
        for name, box in tried:
            if _inside(box, frame) and not any(_meet(box, other) for other in others):
                taken.append(box)
                on_disc = _inside(box, discs[place])
                ink = {"fill": PAPER} if on_disc else {"stroke": PAPER, "stroke_width": 3, "paint_order": "stroke"}
                yield text(name, (box[0] + box[2]) / 2, box[3] - 3, text_anchor="middle", **ink)
                break


def _candidates(disc: Box, wide: float) -> list[Box]:
    """Right of a disc, left, below, above; on it, where it is wide enough."""
    left, top, right, bottom = disc
    x, y = (left + right) / 2, (top + bottom) / 2
    on = [(x - wide / 2, y - 7, x + wide / 2, y + 7)] if wide + 8 < right - left else []
    return [
        (right + 3, y - 7, right + 3 + wide, y + 7),
        (left - 3 - wide, y - 7, left - 3, y + 7),
        (x - wide / 2, bottom + 1, x + wide / 2, bottom + 15),
        (x - wide / 2, top - 15, x + wide / 2, top - 1),
        *on,
    ]


def _inside(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
