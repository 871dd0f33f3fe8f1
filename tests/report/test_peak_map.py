"""The map of peaks as a drawing."""

import math
import re

import numpy as np
import pytest

from nucleate.reports.figures._peak_map import draw_map, spread_discs

from .conftest import NASTY
from .mountains import mountains


def discs(drawing):
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)" fill="none"', drawing)
    return np.array(found, dtype=float)


@pytest.mark.parametrize("width", [740, 340])
@pytest.mark.parametrize("centers", [2, 3, 12, 60])
def test_discs_lie_apart_and_inside(centers, width):
    drawing = draw_map(mountains(centers, per_center=30), width)
    x, y, radius = discs(drawing).T
    height = float(re.search(r'height="([\d.]+)"', drawing)[1])
    assert len(x) == centers
    distance = np.hypot(x[:, None] - x, y[:, None] - y) - radius[:, None] - radius
    assert distance[np.triu_indices(len(x), 1)].min() > 0
    assert (x - radius).min() >= 0
    assert (x + radius).max() <= width
    assert (y - radius).min() >= 0
    assert (y + radius).max() <= height


def test_areas_are_populations():
    found = mountains(5)
    radius = discs(draw_map(found, 740))[:, 2]
    populations = np.array([peak.population for peak in found.rows])
    np.testing.assert_allclose(radius**2 / populations, (radius**2 / populations)[0], rtol=2e-3)


def test_discs_at_one_place_are_moved_apart():
    radii = np.array([5.0, 7.0, 9.0, 3.0])
    places = spread_discs(np.zeros((4, 2)), radii)
    for one in range(4):
        for other in range(one):
            assert math.dist(places[one], places[other]) > radii[one] + radii[other]


def test_discs_with_room_stay_where_they_are():
    places = np.array([[0.0, 0.0], [50.0, 0.0], [0.0, 80.0]])
    assert np.abs(spread_discs(places, np.array([5.0, 5.0, 5.0])) - places).max() < 0.01


def test_the_same_peaks_give_the_same_map():
    assert draw_map(mountains(7), 740) == draw_map(mountains(7), 740)


def test_names_are_text():
    drawing = draw_map(mountains(4, names=list(NASTY)), 740)
    assert "<script" not in drawing
    assert "<img" not in drawing


def test_without_labels():
    assert "peak 1" in draw_map(mountains(3, labelled=False), 740)
