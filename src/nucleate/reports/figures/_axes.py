"""Axes of a chart: layers by name or by depth, and values from zero to a round number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import altair as alt

Item = TypeVar("Item")

LETTER = 6.0  # mean width of a letter in pixels, to foresee where labels collide
LABEL_LIMIT = 110
NUMBER_PIXELS = 34
SLANTED, UPRIGHT = 17, 13  # pixels between labels that stand at 45 and at 90 degrees


def layer_axis(layers: Sequence[str], width: int, *, labels: bool) -> alt.X:
    """Layers in execution order; names lie flat, slanted or upright, as there is room, and are thinned beyond that."""
    import altair as alt

    room = width / len(layers)
    flat = LETTER * max(map(len, layers)) < room - 6
    angle = 0 if flat else -45 if room >= SLANTED else -90
    axis = alt.Axis(
        title=None,
        labels=labels,
        ticks=labels,
        values=list(layers) if flat else spread(layers, width, pixels=UPRIGHT),
        labelAngle=angle,
        labelLimit=LABEL_LIMIT,
        labelOverlap=False,
        labelAlign="center" if flat else "right",
        labelBaseline="middle" if angle == -90 else "top",
        grid=False,
    )
    return alt.X("layer:O", scale=alt.Scale(domain=list(layers), type="point", padding=0.5), axis=axis)


def depth_axis(*, labels: bool) -> alt.X:
    """Depth in the network, for layers of different networks."""
    import altair as alt

    title = "depth (0 = input, 1 = output)" if labels else None
    axis = alt.Axis(title=title, labels=labels, ticks=labels, grid=False, tickCount=5)
    return alt.X("depth:Q", scale=alt.Scale(domain=[0, 1], nice=False, padding=8), axis=axis)


def number_axis(title: str, places: Sequence[float], width: int, *, labels: bool) -> alt.X:
    """Whole numbers, such as epochs: every one that is there is marked, or as many as there is room for."""
    import altair as alt

    marked = [places[place] for place in spread(range(len(places)), width, pixels=NUMBER_PIXELS)]
    axis = alt.Axis(
        title=title if labels else None, labels=labels, ticks=labels, grid=False, values=marked, format="d",
        labelOverlap=True,
    )  # fmt: skip
    ends = [places[0], places[-1]] if len(places) > 1 else [places[0] - 1, places[0] + 1]
    return alt.X("depth:Q", scale=alt.Scale(domain=ends, nice=False, padding=8), axis=axis)


def spread(names: Sequence[Item], width: int, *, pixels: int) -> list[Item]:
    """As many names, evenly spaced, as fit at so many pixels each; with the first one.

    Examples
    --------
    >>> spread(["a", "b", "c", "d", "e"], 60, pixels=20)
    ['a', 'c', 'e']
    """
    step = -(-len(names) * pixels // width)
    return list(names[:: max(1, step)])


def ticks(values: Iterable[float]) -> list[float]:
    """Round numbers from 0, or below it, over all values; a hair beyond the ends needs no room of its own.

    Examples
    --------
    >>> ticks([0.2, 0.74]), ticks([-0.15, 0.35]), ticks([17.0])
    ([0.0, 0.2, 0.4, 0.6, 0.8], [-0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4], [0.0, 5.0, 10.0, 15.0, 20.0])
    """
    drawn = list(values)
    low, high = min(drawn), max(drawn)
    reach = max(high, -low, 1e-3)
    power = 10.0 ** math.floor(math.log10(reach / 5.01))
    step = next(round_ * power for round_ in (1, 2, 5, 10) if reach < 5.01 * round_ * power)
    first = math.floor(low / step) if low < -0.15 * step else 0
    last = max(0 if first else 1, math.ceil(high / step - 0.01))
    return [float(f"{place * step:.6g}") for place in range(first, last + 1)]


def close_ticks(values: Iterable[float]) -> list[float]:
    """Round numbers just around all values, zero or not.

    Examples
    --------
    >>> close_ticks([7.12, 7.43]), close_ticks([3.0])
    ([7.1, 7.2, 7.3, 7.4, 7.5], [2.998, 3.0, 3.002])
    """
    drawn = list(values)
    low, high = min(drawn), max(drawn)
    reach = max(high - low, 1e-2)
    power = 10.0 ** math.floor(math.log10(reach / 4))
    step = next(round_ * power for round_ in (1, 2, 5, 10) if reach <= 5.01 * round_ * power)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    first, last = (first - 1, last + 1) if first == last else (first, last)
    return [float(f"{place * step:.6g}") for place in range(first, last + 1)]


def domain(values: Iterable[float]) -> list[float]:
    """The ends of an axis that holds all values.

    Examples
    --------
    >>> domain([0.2, 0.74])
    [0.0, 0.8]
    """
    marks = ticks(values)
    return [marks[0], marks[-1]]
