"""A chart -> SVG markup that can stand inside the page."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from nucleate.reports.content import VARIABLES

_TAG = re.compile(r'<(\w+)((?:\s+[\w:-]+="[^"]*")*)\s*(/?)>')
_ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
_DECIMALS = re.compile(r"\d+\.\d{3,}")
# What only a file of its own needs, or what the one label of the whole drawing replaces.
_DROPPED = {"xmlns", "xmlns:xlink", "version", "role", "aria-roledescription", "aria-hidden", "pointer-events"}


def inline_svg(specification: dict[str, Any], *, label: str) -> Markup:
    """Render a Vega-Lite specification as an SVG element with one text alternative, in colours that follow the page's.

    Needs neither a browser nor a network. The same specification gives the same bytes.
    """
    import vl_convert

    return Markup(adapt(vl_convert.vegalite_to_svg(specification), label=label))


def adapt(svg: str, *, label: str) -> str:
    """Take out what the page does not need, and let its style choose the colours. Text is left as it is."""
    named = str(Markup('<svg role="img" aria-label="{}"').format(label))
    return _TAG.sub(_rewritten, svg).replace("<svg", named, 1)


def _rewritten(tag: re.Match[str]) -> str:
    name, attributes, end = tag.groups()
    kept = [
        f' {key}="{_value(key, value)}"'
        for key, value in _ATTRIBUTE.findall(attributes)
        if key not in _DROPPED and not (name == "g" and key == "aria-label")
    ]
    return f"<{name}{''.join(kept)}{end}>"


def _value(key: str, value: str) -> str:
    if key in ("fill", "stroke") and value.lower() in VARIABLES:
        return f"var({VARIABLES[value.lower()]})"
    if key in ("transform", "d", "x2", "y2"):  # a hundredth of a pixel is enough
        return _DECIMALS.sub(lambda decimals: f"{float(decimals[0]):.2f}", value)
    return value
