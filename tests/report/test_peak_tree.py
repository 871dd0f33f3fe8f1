"""The tree of peaks as a drawing."""

import re

import numpy as np
import pytest
from scipy.cluster.hierarchy import leaves_list

from nucleate.reports.figures._peak_tree import draw_tree, leaf_order

from .conftest import NASTY
from .mountains import mountains


@pytest.mark.parametrize("centers", [2, 3, 9])
def test_branches_stay_together(centers):
    tree = mountains(centers).shown.dendrogram()
    order = leaf_order(tree)
    assert sorted(order) == list(range(centers))
    members = [{leaf} for leaf in range(centers)]
    for left, right, *_ in tree.linkage:
        members.append(members[int(left)] | members[int(right)])
        rows = sorted(order.index(leaf) for leaf in members[-1])
        assert rows == list(range(rows[0], rows[0] + len(rows)))
    assert set(order) == set(leaves_list(tree.linkage))


def test_tips_lie_at_their_log_density():
    found = mountains(5)
    order = leaf_order(found.shown.dendrogram())
    drawing = draw_tree(found, order, 740)
    x = np.array([float(value) for value in re.findall(r'<circle cx="([\d.]+)"', drawing)])
    density = np.array([found.rows[peak].log_density for peak in order])
    slope, start = np.polyfit(density, x, 1)
    assert slope > 0
    assert np.abs(slope * density + start - x).max() < 0.02


def test_three_hundred_rows_do_not_overlap():
    found = mountains(150, per_center=16, z=0)
    order = leaf_order(found.shown.dendrogram())
    drawing = draw_tree(found, order, 740)
    y = [float(value) for value in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', drawing)]
    assert len(y) == len(found.rows) >= 150
    assert min(np.diff(y)) >= 14
    assert drawing == draw_tree(found, order, 740)


@pytest.mark.parametrize("width", [740, 340])
def test_labels_end_inside_the_drawing(width):
    found = mountains(4, names=["a very long name of a class that no screen has room for", *list("bcd")])
    drawing = draw_tree(found, leaf_order(found.shown.dendrogram()), width)
    rows = re.findall(
        r'<text x="([\d.]+)" y="[\d.]+" font-size="11" fill="var\(--ink\)">([^<]*)<tspan[^>]*>([^<]*)', drawing
    )
    assert len(rows) == 4
    assert all(float(x) + 6 * len(name + tail) <= width for x, name, tail in rows)


def test_names_are_text():
    found = mountains(4, names=list(NASTY))
    drawing = draw_tree(found, leaf_order(found.shown.dendrogram()), 740)
    assert "<script" not in drawing
    assert "<img" not in drawing
    assert "&lt;script&gt;" in drawing
