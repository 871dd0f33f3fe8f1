"""Colours: the same in figures and style sheet, and visible on paper and in the dark."""

import re
from importlib.resources import files

import pytest

from nucleate.reports.content._palette import VARIABLES

STYLE = files("nucleate.reports").joinpath("assets", "style.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\n? *\}", STYLE, re.S)
)


def luminance(colour):
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """The contrast ratio of WCAG 2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_both_modes_define_the_same_colours():
    assert LIGHT.keys() == DARK.keys() >= set(VARIABLES.values())


def test_contrast_is_that_of_black_and_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_stand_out(mode):
    for name in ("--ink", "--muted", "--accent", "--mark"):
        assert contrast(mode[name], mode["--paper"]) >= 4.5, name
    for name in mode:
        if name.startswith(("--series", "--ordered", "--chance")):
            assert contrast(mode[name], mode["--paper"]) >= 3, name


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
def test_numbers_on_the_heat_map_can_be_read(mode):
    for shade in range(10):
        ink = mode["--heat-low" if shade < 6 else "--heat-high"]
        assert contrast(mode[f"--h{shade}"], ink) >= 4.5, shade


def test_figures_and_page_agree_on_series():
    for colour, name in VARIABLES.items():
        if name.startswith(("--series", "--ordered")):
            assert LIGHT[name] == colour


def test_style_and_script_end_no_element():
    script = files("nucleate.reports").joinpath("assets", "report.js").read_text("utf-8")
    assert "</" not in STYLE
    assert "</" not in script
    assert "<!--" not in script
    assert "innerHTML" not in script
