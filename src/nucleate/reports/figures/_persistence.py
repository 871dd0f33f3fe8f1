"""How many density peaks there are at any confidence, and which numbers last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from nucleate.clusters import Peaks
from nucleate.reports.figures._drawing import MUTED, RULE, element, line, round_steps, svg, text

LEFT, TOP, HEIGHT = 44, 22, 190  # pixels
BEYOND = 1.15  # how far past the last merge the line goes on
LOGARITHMIC = 20  # peaks from which on the axis is logarithmic


@dataclass(frozen=True)
class Plateau:
    """A range of confidences with one number of peaks; the last one has no end."""

    peaks: int
    low: float
    high: float | None


def plateaus(peaks: Peaks) -> list[Plateau]:
    """All of them, from Z = 0 on."""
    # A border sample can be denser than a peak beyond it: such merges are made at any Z.
    steps = np.maximum(0.0, peaks.merges.thresholds / (2 * peaks.landscape.error)).tolist()
    bounds = zip([0.0, *steps], [*steps, None], strict=True)
    raw = len(peaks.landscape.centers)
    return [Plateau(raw - merges, low, high) for merges, (low, high) in enumerate(bounds) if high is None or high > low]


def widest(found: Sequence[Plateau], most: int) -> list[Plateau]:
    """The widest ones but the last, which has no end; widest first."""
    ended = [plateau for plateau in found if plateau.high is not None]
    return sorted(ended, key=lambda plateau: plateau.low - (plateau.high or 0.0))[:most]


def draw_persistence(peaks: Peaks, found: Sequence[Plateau], width: int) -> Markup:
    """Draw the number of peaks against Z, with a line where the run cut."""
    end = BEYOND * max(found[-1].low, peaks.z, 0.1)
    marks = _marks(found[0].peaks)

    def x(z: float) -> float:
        return LEFT + z / end * (width - LEFT)

    def y(count: float) -> float:
        share = math.log(count) / math.log(marks[-1]) if marks[0] else count / marks[-1]
        return TOP + (1 - share) * HEIGHT

    parts = [text("peaks", LEFT - 8, 12, fill=MUTED, text_anchor="end")]
    for mark in marks:
        parts.append(line(LEFT, y(mark), width, y(mark), stroke=RULE))
        parts.append(text(str(mark), LEFT - 8, y(mark) + 4, text_anchor="end"))
    for step in round_steps(0.0, end, 6):
        parts.append(text(f"{step:g}", x(step), TOP + HEIGHT + 18, text_anchor="middle"))
    parts.append(text("confidence Z", (LEFT + width) / 2, TOP + HEIGHT + 36, text_anchor="middle", fill=MUTED))
    steps = "".join(f"V{y(plateau.peaks):.2f}H{x(plateau.high or end):.2f}" for plateau in found)
    path = f"M{x(0.0):.2f},{y(found[0].peaks):.2f}{steps}"
    parts.append(line(x(peaks.z), TOP, x(peaks.z), TOP + HEIGHT, stroke="var(--chance)", stroke_dasharray="3.5,2.5"))
    parts.append(text("this run", x(peaks.z) + 5, TOP + 12, fill=MUTED))
    parts.append(element("path", d=path, fill="none", stroke="var(--series-1)", stroke_width=1.6))
    label = "Number of density peaks against the confidence Z. A table of its numbers follows."
    return svg(width, TOP + HEIGHT + 44, parts, label=label)


def _marks(highest: int) -> list[int]:
    """Numbers on the axis of peaks: from 0, or from 1 in steps of about two where it is logarithmic."""
    if highest < LOGARITHMIC:
        step = 1 if highest < 6 else 2 if highest < 12 else 5
        return list(range(0, highest + step, step))
    marks = [unit * 10**power for power in range(12) for unit in (1, 2, 5)]
    return marks[: 1 + next(place for place, mark in enumerate(marks) if mark >= highest)]
