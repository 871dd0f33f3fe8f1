"""What linear probes read from each layer, alone and beside the clusters (Nguyen and Kornblith, Figures 1 and C.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from markupsafe import Markup

from nucleate.pipeline import Run
from nucleate.reports.content import Curves, chosen_factors, gather, smallest_factor, title
from nucleate.reports.content._palette import ORDERED, SHAPES
from nucleate.reports.content._wording import number
from nucleate.reports.figures import inline_svg, styled, ticks

TOGETHER = "AMI, purity and linear probe accuracy"
WIDE, NARROW = 420, 250


@dataclass(frozen=True)
class Scatter:
    """AMI against purity: one mark for each layer and overclustering factor.

    Attributes
    ----------
    factors : tuple of int
    points : tuple of (layer, factor, AMI, purity)
        Means over superclasses.
    correlation : float or None
        Of the two over layers, at the smallest factor; None for fewer than three layers or where one does not vary.
    drawings : dict
        "wide" and "narrow" -> SVG.
    """

    factors: tuple[int, ...]
    points: tuple[tuple[str, int, float, float], ...]
    correlation: float | None
    drawings: Mapping[str, Markup]


def accuracy(run: Run) -> Curves:
    """Accuracy of linear probes, one line for each level of labels."""
    return gather(run, ((title("linear_probe"), level, scores) for level, scores in _probed(run)))


def beside_clusters(run: Run) -> Curves:
    """AMI, purity and probe accuracy on one axis; nothing unless there are both clusters and probes."""
    parameters = f"factor={smallest_factor(run)}"
    clustered = [(title(name), run.scores(name, parameters=parameters)) for name in ("ami", "purity")]
    probed = [(f"probe, {level}", scores) for level, scores in _probed(run)]
    if not all(scores["value"].count() for _, scores in clustered) or not probed:
        return Curves((), {})
    return gather(run, ((TOGETHER, name, scores) for name, scores in clustered + probed))


def scatter(run: Run) -> Scatter | None:
    """AMI against purity; None where nothing was clustered."""
    factors = tuple(chosen_factors(run))
    points = tuple(point for factor in factors for point in _means(run, factor))
    if not points:
        return None
    first = np.array([point[2:] for point in points if point[1] == factors[0]])
    varies = len(first) > 2 and bool((np.ptp(first, axis=0) > 0).all())
    correlation = float(np.corrcoef(first.T)[0, 1]) if varies else None
    drawings = {name: _drawn(points, factors, width) for name, width in (("wide", WIDE), ("narrow", NARROW))}
    return Scatter(factors, points, correlation, drawings)


def _probed(run: Run) -> list[tuple[str, pl.DataFrame]]:
    """Each level that a probe was fitted to, with its rows of the profile."""
    scores = {level: run.scores("linear_probe", level=level) for level in run.levels}
    return [(level, rows) for level, rows in scores.items() if rows["value"].count()]


def _means(run: Run, factor: int) -> list[tuple[str, int, float, float]]:
    ami, purity = (
        run.scores(name, parameters=f"factor={factor}").drop_nulls("value").select("layer", value=pl.col("value"))
        for name in ("ami", "purity")
    )
    joined = ami.join(purity, on="layer", suffix="_purity", maintain_order="left")
    return [(layer, factor, one, other) for layer, one, other in joined.rows()]


def _drawn(points: Sequence[tuple[str, int, float, float]], factors: Sequence[int], width: int) -> Markup:
    import altair as alt

    names = [f"factor {factor}" for factor in factors]
    rows = [
        {
            "layer": layer, "name": f"factor {factor}", "AMI": ami, "purity": purity,
            "told": f"{layer}, factor {factor}: AMI {number(ami)}, purity {number(purity)}",
        }
        for layer, factor, ami, purity in points
    ]  # fmt: skip
    legend = alt.Legend(values=names, columns=2 if width < WIDE else len(names)) if len(names) > 1 else None
    chart = (
        alt.Chart(alt.NamedData("points"))
        .mark_point(filled=True, opacity=1, size=36)
        .encode(
            x=_axis("purity", [point[3] for point in points]),
            y=_axis("AMI", [point[2] for point in points]),
            color=alt.Color("name:N", title=None, scale=alt.Scale(domain=names, range=ORDERED), legend=legend),
            shape=alt.Shape("name:N", title=None, scale=alt.Scale(domain=names, range=SHAPES[: len(names)])),
            description="told:N",
        )
        .properties(width=width - 60, height=260)
    )
    specification = styled(chart).to_dict(validate=False) | {"datasets": {"points": rows}}
    return inline_svg(
        specification, label="AMI against purity, one mark for each layer. A table of its numbers follows."
    )


def _axis(name: str, values: Sequence[float]) -> Any:
    import altair as alt

    of = {"AMI": alt.Y, "purity": alt.X}[name]
    levels = ticks(values)
    axis = alt.Axis(title=name if name == "AMI" else "Purity", values=levels)
    return of(f"{name}:Q", scale=alt.Scale(domain=[levels[0], levels[-1]], nice=False), axis=axis)
