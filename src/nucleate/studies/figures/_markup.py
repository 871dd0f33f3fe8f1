"""Pictures come from files: what could act, load or lead away is taken out of them before a page shows them."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

from markupsafe import Markup

ACTIVE = {
    "script", "style", "link", "meta", "base", "iframe", "frame", "object", "embed", "form", "input", "button", "a",
    "foreignobject", "template", "noscript", "video", "audio", "portal", "html", "head", "body", "title",
}  # fmt: skip
"""Elements that are left out with everything inside of them, `a` with its link alone."""

VOID = {"img", "br", "hr", "wbr", "col", "link", "meta", "base", "input", "embed"}
LINKS = {"href", "xlink:href", "src", "srcset", "action", "formaction", "poster", "data", "background", "ping"}
CASES = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio", "gradientunits": "gradientUnits",
         "gradienttransform": "gradientTransform", "clippathunits": "clipPathUnits", "textlength": "textLength",
         "clippath": "clipPath", "lineargradient": "linearGradient", "radialgradient": "radialGradient"}  # fmt: skip
"""Names of SVG that the parser has made lower case."""


def harmless(markup: str) -> Markup:
    """Markup without scripts, styles, forms, links and anything that is fetched from elsewhere.

    Examples
    --------
    >>> harmless('<svg viewBox="0 0 1 1" onload="x()"><script>x()</script><path d="M0 0"/></svg>')
    Markup('<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>')
    >>> harmless('<img src="https://elsewhere.org/a.png"><b>5 &lt; 6</b>')
    Markup('<img><b>5 &lt; 6</b>')
    """
    parser = _Harmless()
    parser.feed(markup)
    parser.close()
    return Markup("".join(parser.kept))


class _Harmless(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open(tag, attrs, end=">")
        if tag in ACTIVE and tag not in VOID and tag != "a":
            self.inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open(tag, attrs, end="/>")

    def handle_endtag(self, tag: str) -> None:
        if tag in ACTIVE:
            if tag in self.inside:
                while self.inside.pop() != tag:
                    pass
        elif not self.inside and tag not in VOID:
            self.kept.append(f"</{CASES.get(tag, tag)}>")

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.kept.append(escape(data, quote=False))

    def _open(self, tag: str, attrs: list[tuple[str, str | None]], *, end: str) -> None:
        if self.inside or tag in ACTIVE:
            return
        kept = "".join(
            f' {CASES.get(name, name)}="{escape(value or "")}"' for name, value in attrs if _is_harmless(name, value)
        )
        self.kept.append(f"<{CASES.get(tag, tag)}{kept}{end}")


def _is_harmless(name: str, value: str | None) -> bool:
    if name.startswith("on") or not all(letter.isalnum() or letter in "-_:" for letter in name):
        return False
    told = (value or "").strip().lower()
    if name in LINKS:
        return told.startswith(("#", "data:image/"))
    return "url(" not in told or "url(#" in told
