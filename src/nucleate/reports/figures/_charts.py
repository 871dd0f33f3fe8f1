"""Curves -> a chart: one panel below the other, a common layer axis, bands for intervals, dashes for chance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from nucleate.reports.content import (
    CHANCE,
    INK,
    MUTED,
    ORDERED,
    RULE,
    SERIES,
    SHAPES,
    Curve,
    Curves,
    Point,
    interval,
    number,
)
from nucleate.reports.figures._axes import LETTER, close_ticks, depth_axis, layer_axis, number_axis, spread, ticks

if TYPE_CHECKING:
    import altair as alt

FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
FONT_SIZE = 11
MARGIN = 40  # left of the panels
DEPTH_PIXELS = 30
CHANCE_LEVEL = "chance level"
CHANCE_LEGEND = 110  # pixels


def profile_chart(curves: Curves, *, width: int) -> dict[str, Any]:
    """Draw curves against their layers.

    Parameters
    ----------
    curves : Curves
    width : int
        Pixels from edge to edge, about: long layer names may stick out.

    Returns
    -------
    dict
        A Vega-Lite specification with its data.
    """
    import altair as alt

    places = range(len(curves.panels))
    panels = [_panel(curves, place, width=width - MARGIN - 12) for place in places]
    specification: dict[str, Any] = styled(alt.vconcat(*panels, spacing=16)).to_dict(validate=False)
    # Charts name their data and get it here: altair would copy rows at every step.
    specification["datasets"] = {
        name: rows for place in places for name, rows in _datasets(curves, place).items()
    } | {"depths": _depth_labels(curves, width - MARGIN - 12)}  # fmt: skip
    return specification


def _panel(curves: Curves, place: int, *, width: int) -> alt.LayerChart:
    import altair as alt

    first, last = place == 0, place == len(curves.panels) - 1
    own = curves.of(curves.panels[place])
    x = _across(curves, width, labels=last)
    color = _color(curves, width)
    floats = curves.panels[place] in curves.floating
    levels = (close_ticks if floats else ticks)(_extent(curves, own))
    scale = alt.Scale(domain=[levels[0], levels[-1]], nice=False, zero=False)
    y = alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(values=levels, tickCount=len(levels)))
    lines = alt.Chart(alt.NamedData(f"values-{place}"))
    size = 32 if width > 12 * len(curves.layers) else 14
    drawn = [
        lines.mark_line(strokeWidth=1.6, aria=False).encode(x=x, y=y, color=color),
        *_chance(own, place, x, color),
        lines.mark_point(filled=True, opacity=1, size=size).encode(
            x=x, y=y, color=color, shape=_shape(curves), description="told:N"
        ),
    ]
    if curves.bands:
        band = alt.Chart(alt.NamedData(f"intervals-{place}")).mark_area(opacity=0.14, aria=False)
        drawn.insert(0, band.encode(x=x, y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q", color=color))
    if first and curves.layers:
        drawn += _depths(x)
    height = {1: 230, 2: 170}.get(len(curves.panels), 140)
    offset = 22 if first and curves.layers else 8
    title = alt.TitleParams(curves.panels[place], anchor="start", frame="group", offset=offset)
    return alt.layer(*drawn).properties(width=width, height=height, title=title)


def _across(curves: Curves, width: int, *, labels: bool) -> alt.X:
    """The horizontal axis."""
    if curves.across:
        places = {point.depth for curve in curves.curves for point in curve.points}
        return number_axis(curves.across, sorted(places), width, labels=labels)
    return layer_axis(list(curves.layers), width, labels=labels) if curves.layers else depth_axis(labels=labels)


def _chance(curves: Sequence[Curve], place: int, x: alt.X, color: alt.Color) -> list[alt.Chart]:
    """One grey line where all curves share a constant level, else a line for each."""
    import altair as alt

    levels = {point.chance for curve in curves for point in curve.points} - {None}
    if not levels:
        return []
    dash = alt.StrokeDash(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=[CHANCE_LEVEL], range=[[3.5, 2.5]]),
        legend=alt.Legend(symbolType="stroke", symbolSize=140, symbolStrokeColor=CHANCE),
    )
    shared = len(levels) == 1
    lines = alt.Chart(alt.NamedData(f"chance-{place}"))
    mark = lines.mark_line(strokeWidth=1.2, aria=False, **({"color": CHANCE} if shared else {}))
    return [mark.encode(x=x, y="chance:Q", strokeDash=dash, **({} if shared else {"color": color}))]


def _depths(x: alt.X) -> list[alt.Chart]:
    """A row of depths above the topmost panel."""
    import altair as alt

    style = {"fontSize": FONT_SIZE - 1, "color": MUTED, "aria": False, "dy": -12}
    row = alt.Chart(alt.NamedData("depths")).mark_text(**style)
    word = alt.Chart(alt.Data(values=[{}])).mark_text(**style, align="right", text="depth")
    return [row.encode(x=x, y=alt.value(0), text="depth:N"), word.encode(x=alt.value(-14), y=alt.value(0))]


def _depth_labels(curves: Curves, width: int) -> list[dict[str, str]]:
    chosen = spread(list(curves.layers), width, pixels=DEPTH_PIXELS)
    return [{"layer": name, "depth": f"{curves.layers[name]:.2f}"} for name in chosen]


def _datasets(curves: Curves, place: int) -> dict[str, list[dict[str, Any]]]:
    rows = [
        {"name": curve.name, "layer": point.layer, "depth": point.depth, "told": _told(curves, curve, point)}
        | _drawn(curve, point)
        | {"kind": CHANCE_LEVEL}
        for curve in curves.of(curves.panels[place])
        for point in curve.points
    ]
    return {
        f"values-{place}": rows,
        f"intervals-{place}": [row for row in rows if row["low"] is not None],
        f"chance-{place}": [row for row in rows if row["chance"] is not None],
    }


def _drawn(curve: Curve, point: Point) -> dict[str, float | None]:
    """Values as drawn: the band of a normal interval stops where values do."""
    high = point.high if point.high is None or curve.bound is None else min(curve.bound, point.high)
    return {"value": point.value, "low": point.low, "high": high, "chance": point.chance}


def _told(curves: Curves, curve: Curve, point: Point) -> str:
    """What a pointer over the mark shows: the place, an em dash, the value."""
    more = [f"95 % {interval(point.low, point.high, curve.digits)}"] if point.low is not None else []
    more += [f"chance {number(point.chance)}"] if point.chance is not None else []
    told = f"{curve.full_name}: {number(point.value, curve.digits)}" + (f" ({'; '.join(more)})" if more else "")
    place = f"{curves.across} {point.layer}" if curves.across else f"{point.layer}, depth {number(point.depth, 2)}"
    return f"{place} — {told}"


def _extent(curves: Curves, own: Sequence[Curve]) -> list[float]:
    columns = ("value", "chance", "low", "high") if curves.bands else ("value", "chance")
    drawn = [_drawn(curve, point) for curve in own for point in curve.points]
    return [value for row in drawn for column in columns if (value := row[column]) is not None]


def _told_apart(curves: Curves) -> list[str]:
    """Names of the panels with several curves; the title of any other panel says what it shows."""
    crowded = [panel for panel in curves.panels if len(curves.of(panel)) > 1]
    return list(dict.fromkeys(curve.name for panel in crowded for curve in curves.of(panel)))


def _scale(curves: Curves, choices: Sequence[str], alone: str) -> alt.Scale:
    """A choice for each name; `alone` for the curves that have a panel to themselves."""
    import altair as alt

    chosen = dict(zip(_told_apart(curves), cycle(choices), strict=False))
    return alt.Scale(domain=list(curves.names), range=[chosen.get(name, alone) for name in curves.names])


def _color(curves: Curves, width: int) -> alt.Color:
    import altair as alt

    scale = _scale(curves, ORDERED if curves.ordered else SERIES, alone=SERIES[-1])
    return alt.Color("name:N", title=None, scale=scale, legend=_legend(_told_apart(curves), width))


def _shape(curves: Curves) -> alt.Shape:
    import altair as alt

    return alt.Shape("name:N", title=None, scale=_scale(curves, SHAPES, alone=SHAPES[0]))


def _legend(names: Sequence[str], width: int) -> alt.Legend | None:
    import altair as alt

    if not names:
        return None
    limit = min(220, width - 30)
    entry = 36 + min(limit, LETTER * max(map(len, names)))
    columns = max(1, min(len(names), int((width - CHANCE_LEGEND) // entry)))
    return alt.Legend(values=list(names), columns=columns, labelLimit=limit, symbolOpacity=1)


def styled(chart: Any) -> Any:
    """A chart in the style that all charts of a report share."""
    text = {"labelFontSize": FONT_SIZE, "titleFontSize": FONT_SIZE, "labelColor": INK, "titleColor": MUTED}
    return (
        chart.configure(background="transparent", font=FONT, padding=2)
        .configure_view(stroke=None)
        .configure_axis(
            **text, titleFontWeight="normal", domain=False, tickColor=MUTED, gridColor=RULE, tickSize=4, labelPadding=4
        )
        .configure_axisY(ticks=False, minExtent=MARGIN - 12, maxExtent=MARGIN - 12)
        .configure_legend(
            orient="top", direction="horizontal", **text, title=None, symbolSize=60, symbolStrokeWidth=1.6, offset=10,
            columnPadding=18,
        )
        .configure_title(fontSize=FONT_SIZE + 1, fontWeight=600, color=INK)
    )  # fmt: skip
