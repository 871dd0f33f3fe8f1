"""Pictures of a study, each with the table of what it shows: drawn from the evidence, in the report's style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from nucleate.pipeline.folder import mean_interval
from nucleate.reports.content import Curve, Curves, Point
from nucleate.reports.figures import inline_svg, profile_chart
from nucleate.studies.claims import LayerProfile

WIDTH = 760
"""Pixels from edge to edge."""


@dataclass(frozen=True)
class Picture:
    """A picture and its numbers.

    Attributes
    ----------
    caption : str
        What is drawn, for readers who know the paper's figure.
    markup : str
        An SVG element, or other markup in the style of the report; empty for a table alone.
    table : polars.DataFrame
        What is drawn, every repetition of it.
    """

    caption: str
    markup: str
    table: pl.DataFrame


def draw_profiles(
    caption: str,
    panels: Mapping[str, Sequence[LayerProfile]],
    *,
    measure: str = "",
    across: str = "",
    floating: bool = False,
) -> Picture:
    """Profiles against depth, one panel below the other; bands are 95 % intervals of the mean over repetitions.

    Parameters
    ----------
    caption : str
    panels : mapping
        Title of an axis -> the profiles drawn on it, each under its name.
    measure : str
        A name in `nucleate.measures.MEASURES` for the bounds of the axes; empty for none.
    across : str
        What the horizontal axis counts where it counts no layers, such as "epoch"; depths are then its values.
    floating : bool
        Whether the axes need not hold zero.
    """
    curves = tuple(_curve(panel, profile, measure) for panel, profiles in panels.items() for profile in profiles)
    axes = [dict(zip(profile.layers, profile.depths.tolist(), strict=True)) for profile in _all(panels)]
    shared = {} if across else _shared_axis(axes)
    floats = tuple(panels) if floating else ()
    chart = profile_chart(Curves(curves, shared, across=across, floating=floats), width=WIDTH)
    names = ", ".join(dict.fromkeys(curve.name for curve in curves))
    rows = [row for panel, profiles in panels.items() for profile in profiles for row in _rows(panel, profile)]
    table = pl.DataFrame(rows, schema=["panel", "condition", "repetition", "layer", "depth", "value"], orient="row")
    return Picture(caption, str(inline_svg(chart, label=f"Lines for {names}. {caption}")), table)


def _shared_axis(axes: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """All layers in order of depth where the profiles are of one network; none where they are not.

    A layer is not compared with itself, so that each profile may lack one.
    """
    layers: dict[str, float] = {}
    for axis in axes:
        layers |= axis
    of_one_network = all(len(axis) >= len(layers) - 1 and axis.items() <= layers.items() for axis in axes)
    return dict(sorted(layers.items(), key=lambda pair: pair[1])) if of_one_network else {}


def _all(panels: Mapping[str, Iterable[LayerProfile]]) -> Iterator[LayerProfile]:
    return (profile for profiles in panels.values() for profile in profiles)


def _curve(panel: str, profile: LayerProfile, measure: str) -> Curve:
    points = []
    for layer, depth, values in zip(profile.layers, profile.depths, profile.values.T, strict=True):
        low, high = mean_interval(values) or (None, None)
        points.append(Point(layer, float(depth), float(values.mean()), low, high, None))
    return Curve(panel, profile.name, f"{panel}, {profile.name}", measure, tuple(points))


def _rows(panel: str, profile: LayerProfile) -> Iterator[tuple[str, str, int, str, float, float]]:
    for repetition, values in enumerate(profile.values):
        for layer, depth, value in zip(profile.layers, profile.depths, values, strict=True):
            yield panel, profile.name, repetition, layer, float(depth), float(value)
