"""How the label overlap of single samples spreads, layer by layer (Doimo et al. 2020, Figure 2b)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from nucleate.errors import UsageError
from nucleate.pipeline import Run
from nucleate.reports.content import label_scores, own_level
from nucleate.reports.figures._drawing import INK, MUTED, RULE, element, line, shortened, svg, text

PANELS, MOST_BINS = 4, 16
HEIGHT, LEFT, GAP, TOP, BOTTOM = 130.0, 34.0, 16.0, 22.0, 34.0  # pixels


@dataclass(frozen=True)
class Histogram:
    """Label overlaps of the samples at one layer.

    Attributes
    ----------
    layer : str
    shares : (bins,) float64
        Shares of the samples; bins of equal numbers of values, from none of the neighbours to all of them.
    mean, chance : float
    none, full : float
        Shares of the samples of whose neighbours none, or all, carry their label.
    """

    layer: str
    shares: np.ndarray
    mean: float
    chance: float
    none: float
    full: float


def histograms(run: Run) -> list[Histogram]:
    """Of the first layer, those around the steepest rise, and the last; none where label overlap was not measured."""
    level = own_level(run)
    scores = label_scores(run, level).drop_nulls("value") if level else None
    if scores is None or scores.height < 2:
        return []
    k = run.about["request"]["k"]
    chances = dict(scores.select("layer", "chance").rows())
    found = []
    for layer in chosen_layers(scores["layer"].to_list(), scores["value"].to_numpy()):
        try:
            values = run.overlaps(layer)[f"label_overlap_{level}"].to_numpy()
        except UsageError:  # of an earlier request
            return []
        counts = np.bincount(np.rint(values * k).astype(int), minlength=k + 1)
        bins = min(k + 1, MOST_BINS)
        shares = np.bincount(np.arange(k + 1) * bins // (k + 1), weights=counts, minlength=bins) / len(values)
        ends = float(counts[0] / len(values)), float(counts[-1] / len(values))
        found.append(Histogram(layer, shares, float(values.mean()), chances[layer], *ends))
    return found


def chosen_layers(layers: list[str], values: np.ndarray) -> list[str]:
    """The first and the last, and those before and after the steepest rise between two layers.

    Examples
    --------
    >>> chosen_layers(list("abcdef"), np.array([0, 0.1, 0.1, 0.6, 0.7, 0.9]))
    ['a', 'c', 'd', 'f']
    """
    steepest = int(np.argmax(np.diff(values)))
    return [layers[place] for place in sorted({0, steepest, steepest + 1, len(layers) - 1})]


def draw_histograms(found: list[Histogram], width: int) -> Markup:
    """One panel per layer, side by side or, where there is no room, two in a row."""
    across = len(found) if width > 500 else min(2, len(found))
    down = -(-len(found) // across)
    step = (width - LEFT + GAP) / across
    highest = max(float(histogram.shares.max()) for histogram in found)
    parts: list[Markup] = []
    for place, histogram in enumerate(found):
        x, y = LEFT + step * (place % across), (HEIGHT + TOP + BOTTOM) * (place // across)
        parts += _panel(histogram, x, y + TOP, step - GAP, highest)
        if place % across == 0:
            parts += _scale(x, y + TOP, highest)
    label = f"Histograms of label overlap at {', '.join(histogram.layer for histogram in found)}"
    return svg(width, down * (HEIGHT + TOP + BOTTOM), parts, label=label)


def _panel(histogram: Histogram, x: float, y: float, width: float, highest: float) -> Iterator[Markup]:
    base, bar = y + HEIGHT, width / len(histogram.shares)
    yield text(shortened(histogram.layer, int(width / 6.5)), x, y - 8, font_weight=600)
    for place, share in enumerate(histogram.shares.tolist()):
        height = share / highest * HEIGHT
        told = element("title", f"{histogram.layer}: {100 * share:.1f} % of the samples")
        yield element(
            "rect", told, x=x + place * bar + 0.5, y=base - height, width=max(0.5, bar - 1), height=height,
            fill="var(--series-1)",
        )  # fmt: skip
    yield line(x, base, x + width, base)
    chance = x + histogram.chance * width
    yield line(chance, y, chance, base, stroke="var(--chance)", stroke_dasharray="3.5 2.5")
    for value, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        yield text(f"{value:g}", x + value * width, base + 14, text_anchor=anchor, fill=INK)
    yield text(f"mean {histogram.mean:.2f}", x + width / 2, base + 28, text_anchor="middle", fill=MUTED)


def _scale(x: float, y: float, highest: float) -> Iterator[Markup]:
    for share in (0.0, highest / 2, highest):
        level = y + HEIGHT - share / highest * HEIGHT
        yield line(x - 4, level, x, level, stroke=RULE)
        yield text(f"{100 * share:.0f} %", x - 6, level + 4, text_anchor="end", fill=INK)
