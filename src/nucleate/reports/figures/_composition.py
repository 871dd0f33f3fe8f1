"""What each density peak is made of, as a bar of its classes."""

from __future__ import annotations

from markupsafe import Markup

from nucleate.reports.content import Peak, PeakLayer, count
from nucleate.reports.figures._drawing import MUTED, element, shortened, svg, text, width_of

ROW, BAR, TOP = 20, 16, 18  # pixels


def draw_composition(found: PeakLayer, order: list[int], width: int) -> Markup:
    """Draw one bar for each peak of labelled samples, from the first row to the last.

    Parts are leaf classes; those of one colour stand together, names are written where they fit.
    """
    letters = 22 if width > 500 else 11
    names = {peak: shortened(found.rows[peak].name, letters) for peak in order}
    left = max(map(width_of, names.values())) + 8
    right = max(width_of(count(found.rows[peak].population)) for peak in order) + 16
    heading = text("samples", width, TOP - 6, fill=MUTED, text_anchor="end")
    parts = [heading]
    for row, place in enumerate(order):
        peak, y = found.rows[place], TOP + ROW * row
        parts.append(text(names[place], left - 6, y + 12, text_anchor="end"))
        parts += _bar(found, peak, left, y, width - left - right)
        parts.append(text(count(peak.population), width, y + 12, text_anchor="end", fill=MUTED))
    label = f"Composition of {len(order)} density peaks. A table of its numbers follows."
    return svg(width, TOP + ROW * len(order), parts, label=label)


def _bar(found: PeakLayer, peak: Peak, x: float, y: float, width: float) -> list[Markup]:
    rank = {name: place for place, name in enumerate(peak.shares)}
    parts = []
    for name, above, size in sorted(peak.labels, key=lambda part: (rank[part[1]], -part[2], part[0])):
        wide = width * size / peak.population
        gap = 1.0 if wide > 3 else 0.0
        fill = found.colour(above)
        parts.append(element("rect", x=x, y=y, width=wide - gap, height=BAR, fill=fill, fill_opacity=0.42))
        if width_of(name) + 6 < wide:
            parts.append(text(name, x + 4, y + 12))
        x += wide
    return parts
