"""Drawings that no chart grammar has: shapes and text -> SVG markup that can stand inside the page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from nucleate.reports.figures._axes import LETTER

INK, MUTED, RULE, PAPER = "var(--ink)", "var(--muted)", "var(--rule)", "var(--paper)"


def svg(width: float, height: float, parts: Iterable[Markup], *, label: str) -> Markup:
    """A whole drawing with its text alternative."""
    box = f"0 0 {_told(width)} {_told(height)}"
    return element("svg", *parts, role="img", aria_label=label, width=width, height=height, viewBox=box)


def element(name: str, *content: str, **attributes: Any) -> Markup:
    """One element; underscores in attributes stand for hyphens, text is escaped, attributes that are None left out."""
    told = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _told(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), told, Markup("").join(content))


def text(content: str, x: float, y: float, **attributes: Any) -> Markup:
    """Text with its baseline at a point."""
    return element("text", content, **({"x": x, "y": y, "font_size": 11, "fill": INK} | attributes))


def line(x1: float, y1: float, x2: float, y2: float, **attributes: Any) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **({"stroke": MUTED, "stroke_width": 1} | attributes))


def shortened(name: str, letters: int) -> str:
    """At most so many letters, the last an ellipsis where some are left out.

    Examples
    --------
    >>> shortened("Granny-Smith", 8), shortened("Pear", 8)
    ('Granny-…', 'Pear')
    """
    return name if len(name) <= letters else name[: letters - 1] + "…"


def width_of(name: str) -> float:
    """About how many pixels a text takes."""
    return LETTER * len(name)


def round_steps(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers, evenly spaced, about so many, from `low` to `high`.

    Examples
    --------
    >>> round_steps(-3.2, 9.1)
    [-2.0, 0.0, 2.0, 4.0, 6.0, 8.0]
    """
    span = (high - low) / count
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span))
    step = min((unit * power for unit in (1, 2, 5, 10)), key=lambda unit: abs(math.log(unit / span)))
    return [float(f"{place * step:.6g}") for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _told(value: Any) -> str:
    """A hundredth of a pixel is enough."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
