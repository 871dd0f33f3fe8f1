"""Chart specifications."""

import re

import altair
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.reports.content import _curves as curves
from nucleate.reports.content._curves import Curve, Curves, Point
from nucleate.reports.figures._axes import spread, ticks
from nucleate.reports.figures._charts import profile_chart
from nucleate.reports.pages import _overlap_curves as nucleation


def made(values, *, layers, low=None, high=None, chance=0.0, measure="purity"):
    points = tuple(
        Point(name, place / max(1, len(layers) - 1), value, low, high, chance)
        for place, (name, value) in enumerate(zip(layers, values, strict=True))
    )
    return Curve("Panel", "curve", "curve", measure, points)


def axis_labels(specification):
    """The values on the bottom layer axis of a chart of one panel."""
    (panel,) = specification["vconcat"]
    return panel["layer"][0]["encoding"]["x"]["axis"]["values"]


@pytest.mark.parametrize("width", [740, 340])
@pytest.mark.parametrize(
    "draw",
    [curves.agreement, curves.overclustering, curves.label_overlap, nucleation.formation, curves.landscape],
)
def test_specifications_are_valid(labelled, draw, width):
    specification = profile_chart(draw(labelled), width=width)
    altair.VConcatChart.from_dict(specification)  # raises where the schema is not met
    named = set(re.findall(r"'name': '([a-z]+-\d|depths)'", str(specification["vconcat"])))
    assert named <= specification["datasets"].keys()
    assert all(rows for name, rows in specification["datasets"].items() if name.startswith("values"))


def test_runs_of_different_layers_are_drawn_by_depth(labelled, other, one_level):
    runs = {"a": labelled, "b": other, "c": one_level}
    assert curves.compared_clusters(runs).layers == {"input": 0.0, "0": 0.125, "2": 0.375, "output": 1.0}
    shortened = Curves(curves.compared_clusters(runs).curves, {})
    specification = profile_chart(shortened, width=740)
    altair.VConcatChart.from_dict(specification)
    assert "depth (0 = input, 1 = output)" in str(specification["vconcat"][-1])


@pytest.mark.parametrize("count", [1, 2, 11, 53, 400])
@pytest.mark.parametrize("width", [740, 340])
def test_layer_labels_never_collide(count, width):
    layers = [f"features.block{place}.conv" for place in range(count)]
    shown = Curves((made([0.5] * count, layers=layers),), dict.fromkeys(layers, 0.5))
    labels = axis_labels(profile_chart(shown, width=width))
    assert 1 <= len(labels) <= width / 13 + 1
    assert labels[0] == layers[0]
    assert set(labels) <= set(layers)


def test_bands_end_at_the_bound_and_lines_tell_the_true_interval():
    curve = made([0.9], layers=["a"], low=0.7, high=1.1)
    specification = profile_chart(Curves((curve,), {"a": 0.0}), width=700)
    assert specification["datasets"]["intervals-0"][0]["high"] == 1.0
    assert "95 % 0.700 to 1.100" in specification["datasets"]["values-0"][0]["told"]


def test_a_curve_without_chance_has_no_dashes():
    curve = made([3.0, 8.0], layers=["a", "b"], chance=None, measure="intrinsic_dimension")
    specification = profile_chart(Curves((curve,), {"a": 0.0, "b": 1.0}), width=700)
    assert "strokeDash" not in str(specification["vconcat"])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_the_axis_holds_every_value_and_is_not_wasted(values):
    marks = ticks(values)
    step = marks[1] - marks[0]
    assert marks == sorted(marks)
    assert 0.0 in marks
    assert 2 <= len(marks) <= 13
    assert marks[0] - 0.16 * step <= min(*values, 0)
    assert max(*values, 0) <= marks[-1] + 0.02 * step
    assert marks[0] + step > min(*values, 0), "no room is wasted below"
    assert marks[-1] - step < max(*values, 1e-3), "nor above"


@given(st.integers(1, 500), st.integers(1, 2000), st.integers(1, 100))
def test_spread_fits(count, width, pixels):
    names = [str(place) for place in range(count)]
    chosen = spread(names, width, pixels=pixels)
    assert chosen[0] == "0"
    assert len(chosen) <= max(1, -(-width // pixels))
