"""Curves -> a chart: one panel below the other, a common layer axis, bands for intervals, dashes for chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from nucleate.report.curves import Curve, Curves, Point
from nucleate.report.palette import CHANCE, INK, MUTED, ORDERED, RULE, SERIES, SHAPES
from nucleate.report.wording import interval, number

if TYPE_CHECKING:
    import altair as alt

FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
FONT_SIZE = 11
LETTER = 6.0  # mean width of a letter in pixels, to foresee where labels collide
MARGIN = 40  # left of the panels
LABEL_LIMIT = 110
CHANCE_LEVEL = "chance level"


def profile_chart(curves: Curves, *, width: int) -> alt.VConcatChart:
    """Draw curves against their layers.

    Parameters
    ----------
    curves : Curves
    width : int
        Pixels from edge to edge, about: long layer names may stick out.
    """
    import altair as alt

    panels = curves.panels
    inner = width - MARGIN - 12
    height = {1: 230, 2: 170}.get(len(panels), 140)
    charts = [
        _panel(curves, panel, width=inner, first=panel == panels[0], last=panel == panels[-1]).properties(
            width=inner,
            height=height,
            title=alt.TitleParams(
                panel, anchor="start", frame="group", offset=22 if panel == panels[0] and curves.layers else 8
            ),
        )
        for panel in panels
    ]
    return _styled(alt.vconcat(*charts, spacing=16))


def _panel(curves: Curves, panel: str, *, width: int, first: bool, last: bool) -> alt.LayerChart:
    import altair as alt

    own = curves.of(panel)
    x = _layer_axis(list(curves.layers), width, labels=last) if curves.layers else _depth_axis(labels=last)
    color = alt.Color("name:N", title=None, scale=_scale(curves), legend=_legend(curves.names, width))
    shapes = list(islice(cycle(SHAPES), len(curves.names)))
    shape = alt.Shape("name:N", title=None, scale=alt.Scale(domain=list(curves.names), range=shapes))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(domain=_domain(own, bands=curves.bands), nice=False))
    drawn = []
    if curves.bands:
        band = alt.Chart(_data(own, "low", "high")).mark_area(opacity=0.14, aria=False)
        drawn.append(band.encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q", color=color))
    lines = alt.Chart(_data(own, "value"))
    drawn.append(lines.mark_line(strokeWidth=1.6, aria=False).encode(x=x, y=y, color=color))
    drawn += _chance(own, x, color)
    marks = lines.mark_point(filled=True, opacity=1, size=32 if width > 12 * len(curves.layers) else 14)
    drawn.append(marks.encode(x=x, y=y, color=color, shape=shape, description="told:N"))
    if first and curves.layers:
        drawn += _depths(curves, x, width)
    return alt.layer(*drawn)


def _chance(curves: Sequence[Curve], x: alt.X, color: alt.Color) -> list[alt.Chart]:
    """One grey line where all curves share a constant level, else a line for each."""
    import altair as alt

    levels = {point.chance for curve in curves for point in curve.points if point.chance is not None}
    if not levels:
        return []
    dash = alt.StrokeDash(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=[CHANCE_LEVEL], range=[[3.5, 2.5]]),
        legend=alt.Legend(symbolType="stroke", symbolSize=140, symbolStrokeColor=CHANCE),
    )
    shared = len(levels) == 1
    lines = alt.Chart(_data(curves, "chance", kind=CHANCE_LEVEL))
    mark = lines.mark_line(strokeWidth=1.2, aria=False, **({"color": CHANCE} if shared else {}))
    return [mark.encode(x=x, y="chance:Q", strokeDash=dash, **({} if shared else {"color": color}))]


def _depths(curves: Curves, x: alt.X, width: int) -> list[alt.Chart]:
    """A row of depths above the topmost panel."""
    import altair as alt

    chosen = spread(list(curves.layers), width, pixels=30)
    data = alt.Data(values=[{"layer": name, "depth": f"{curves.layers[name]:.2f}"} for name in chosen])
    row = alt.Chart(data).mark_text(fontSize=FONT_SIZE - 1, color=MUTED, aria=False, dy=-12)
    word = alt.Chart(alt.Data(values=[{}])).mark_text(
        fontSize=FONT_SIZE - 1, color=MUTED, aria=False, dy=-12, align="right", text="depth"
    )
    return [row.encode(x=x, y=alt.value(0), text="depth:N"), word.encode(x=alt.value(-14), y=alt.value(0))]


def _layer_axis(layers: Sequence[str], width: int, *, labels: bool) -> alt.X:
    import altair as alt

    room = width / len(layers)
    longest = LETTER * max(map(len, layers))
    angle = 0 if longest < room - 6 else -45 if room >= 17 else -90
    axis = alt.Axis(
        title=None,
        labels=labels,
        ticks=labels,
        values=spread(layers, width, pixels=13) if angle else list(layers),
        labelAngle=angle,
        labelLimit=LABEL_LIMIT,
        labelOverlap=False,
        labelAlign="right" if angle else "center",
        labelBaseline={0: "top", -45: "top", -90: "middle"}[angle],
        grid=False,
    )
    return alt.X("layer:O", scale=alt.Scale(domain=list(layers), type="point", padding=0.5), axis=axis)


def _depth_axis(*, labels: bool) -> alt.X:
    import altair as alt

    title = "depth (0 = input, 1 = output)" if labels else None
    axis = alt.Axis(title=title, labels=labels, ticks=labels, grid=False, tickCount=5)
    return alt.X("depth:Q", scale=alt.Scale(domain=[0, 1], nice=False, padding=8), axis=axis)


def spread(names: Sequence[str], width: int, *, pixels: int) -> list[str]:
    """As many names, evenly spaced, as fit at so many pixels each; with the first one.

    Examples
    --------
    >>> spread(["a", "b", "c", "d", "e"], 60, pixels=20)
    ['a', 'c', 'e']
    """
    step = -(-len(names) * pixels // width)
    return list(names[:: max(1, step)])


def _data(curves: Iterable[Curve], *needed: str, **constants: str) -> alt.Data:
    import altair as alt

    rows = [
        {"name": curve.name, "layer": point.layer, "depth": point.depth, "told": _told(curve, point)}
        | _drawn(curve, point)
        | constants
        for curve in curves
        for point in curve.points
    ]
    return alt.Data(values=[row for row in rows if all(row[column] is not None for column in needed)])


def _drawn(curve: Curve, point: Point) -> dict[str, Any]:
    """Values as drawn: the band of a normal interval stops where values do."""
    high = point.high if point.high is None or curve.bound is None else min(curve.bound, point.high)
    return {"value": point.value, "low": point.low, "high": high, "chance": point.chance}


def _told(curve: Curve, point: Point) -> str:
    """What a pointer over the mark shows: the place, an em dash, the value."""
    more = [f"95 % {interval(point.low, point.high)}"] if point.low is not None else []
    more += [f"chance {number(point.chance)}"] if point.chance is not None else []
    told = f"{curve.full_name}: {number(point.value)}" + (f" ({'; '.join(more)})" if more else "")
    return f"{point.layer}, depth {number(point.depth, 2)} — {told}"


def _domain(curves: Sequence[Curve], *, bands: bool) -> list[float]:
    """From 0, or a round number below it, to a round number. A hair beyond either needs no room of its own."""
    drawn = [_drawn(curve, point) for curve in curves for point in curve.points]
    columns = ("value", "chance", "low", "high") if bands else ("value", "chance")
    values = [row[column] for row in drawn for column in columns if row[column] is not None]
    low, high = min(values), max(*values, 1e-3)
    step = next(
        step
        for power in range(-3, 300)
        for step in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if high < 5.01 * step
    )
    return [step * math.floor(low / step) if low < -0.15 * step else 0.0, step * max(1, math.ceil(high / step - 0.01))]


def _scale(curves: Curves) -> alt.Scale:
    import altair as alt

    colours = ORDERED if curves.ordered else SERIES
    return alt.Scale(domain=list(curves.names), range=list(islice(cycle(colours), len(curves.names))))


def _legend(names: Sequence[str], width: int) -> alt.Legend | None:
    import altair as alt

    if len(names) == 1:
        return None
    limit = min(220, width - 30)
    entry = 36 + min(limit, LETTER * max(map(len, names)))
    room = width - 110  # beside the legend of the chance level
    return alt.Legend(columns=max(1, min(len(names), int(room // entry))), labelLimit=limit, symbolOpacity=1)


def _styled(chart: Any) -> Any:
    text = {"labelFontSize": FONT_SIZE, "titleFontSize": FONT_SIZE, "labelColor": INK, "titleColor": MUTED}
    return (
        chart.configure(background="transparent", font=FONT, padding=2)
        .configure_view(stroke=None)
        .configure_axis(
            **text, titleFontWeight="normal", domain=False, tickColor=MUTED, gridColor=RULE, tickSize=4, labelPadding=4
        )
        .configure_axisY(ticks=False, tickCount=5, minExtent=MARGIN - 12, maxExtent=MARGIN - 12)
        .configure_legend(
            orient="top", direction="horizontal", **text, title=None, symbolSize=60, symbolStrokeWidth=1.6, offset=10,
            columnPadding=18,
        )
        .configure_title(fontSize=FONT_SIZE + 1, fontWeight=600, color=INK)
    )  # fmt: skip
