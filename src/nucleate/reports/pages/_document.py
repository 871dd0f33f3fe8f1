"""Templates -> bytes of an HTML file: the style, the script, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from nucleate._version import __version__
from nucleate.reports.content import _curves as curves
from nucleate.reports.content import _wording as wording


def fill_template(template: str, **facts: Any) -> bytes:
    """A page of the report's style from a template and what it says."""
    style, script = _asset("style.css"), _asset("report.js")
    text = _environment().get_template(template).render(
        **facts, version=__version__, style=Markup(style), script=Markup(script), policy=_policy(style, script)
    )  # fmt: skip
    return text.encode("utf-8", "replace")  # a folder may have a name that is no text


def fill_fragment(template: str, **facts: Any) -> Markup:
    """A part of a page, without style and policy."""
    return Markup(_environment().get_template(template).render(**facts))


def _policy(style: str, script: str) -> str:
    """Nothing from anywhere; our own style and script only, known by their hashes; pictures from within the page."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nucleate.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": wording.number,
        "count": wording.count,
        "interval": wording.interval,
        "listed": wording.listed,
    }
    environment.globals["smallest_factor"] = curves.smallest_factor
    return environment


def _asset(name: str) -> str:
    return files("nucleate.reports").joinpath("assets", name).read_text("utf-8").replace("\r\n", "\n")
