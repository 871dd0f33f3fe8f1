"""Bars of what peaks are made of."""

import re
from dataclasses import replace

import pytest

from nucleate.reports.figures._composition import draw_composition

from .conftest import NASTY
from .mountains import mountains


def bars(drawing):
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]*fill="([^"]*)"', drawing)
    return [(float(x), float(y), float(width), fill) for x, y, width, fill in found]


def test_lengths_are_shares_and_classes_of_one_colour_stand_together():
    found = mountains(1)
    parts = (("a", "above 0", 30), ("b", "above 1", 20), ("c", "above 0", 10))
    colouring = mountains(2).colouring
    found = replace(found, rows=(replace(found.rows[0], labels=parts),), colouring=colouring)
    drawn = bars(draw_composition(found, [0], 740))
    widths = [width + 1 for _, _, width, _ in drawn]
    assert [width / sum(widths) for width in widths] == pytest.approx([0.5, 1 / 6, 1 / 3], abs=1e-3)
    fills = [fill for *_, fill in drawn]
    assert fills[0] == fills[1] != fills[2]


def test_a_row_for_each_peak_in_the_given_order():
    found = mountains(5)
    drawing = draw_composition(found, [3, 0, 1, 4, 2], 740)
    assert len({y for _, y, *_ in bars(drawing)}) == 5
    heads = re.findall(r'text-anchor="end">(leaf \d)<', drawing)
    assert heads == [found.rows[peak].name for peak in (3, 0, 1, 4, 2)]


def test_names_are_text():
    drawing = draw_composition(mountains(4, names=list(NASTY)), [0, 1, 2, 3], 340)
    assert "<script" not in drawing
    assert "<img" not in drawing
