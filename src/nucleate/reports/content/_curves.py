"""Which curves a report draws: scores of a run against its layers, gathered by concept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from nucleate.measures import MEASURES
from nucleate.pipeline import Run

FACTORS_DRAWN = 4
TITLES = {"ami": "AMI", "ari": "ARI", "peaks": "Number of density peaks", "peak_ari": "ARI of density peaks"}
DIGITS = {"peaks": 0, "intrinsic_dimension": 1, "hubness": 2}
LANDSCAPE = ("intrinsic_dimension", "peaks", "peak_ari", "hubness")
OWN_FIGURES = (
    "ami", "ari", "purity", "tied_merges", "overlap", "label_overlap", "balanced_label_overlap", "linear_probe",
    "cka", "mutual_knn", "neighborhood_entropy", "hub_entropy",
)  # fmt: skip
ROLES = {"output": "with the output", "input": "with the input", "next": "with the next layer"}


@dataclass(frozen=True)
class Point:
    """One score at one layer."""

    layer: str
    depth: float
    value: float
    low: float | None
    high: float | None
    chance: float | None


@dataclass(frozen=True)
class Curve:
    """Scores of one kind against the layers.

    Attributes
    ----------
    panel : str
        The axis it is drawn on.
    name : str
        What the legend says.
    full_name : str
        What says the same without the axis.
    measure : str
        What is scored.
    points : tuple of Point
        In execution order; layers without a value are left out.
    """

    panel: str
    name: str
    full_name: str
    measure: str
    points: tuple[Point, ...]

    @property
    def bound(self) -> float | None:
        """The highest value there can be."""
        return MEASURES[self.measure].high if self.measure in MEASURES else None

    @property
    def digits(self) -> int:
        """How many decimals are told."""
        return DIGITS.get(self.measure, 3)

    @property
    def first(self) -> Point:
        """Its first point."""
        return self.points[0]

    @property
    def last(self) -> Point:
        """Its last point."""
        return self.points[-1]

    @property
    def highest(self) -> Point:
        """The first point of highest value."""
        return max(self.points, key=lambda point: point.value)

    @property
    def lowest(self) -> Point:
        """The first point of lowest value."""
        return min(self.points, key=lambda point: point.value)


@dataclass(frozen=True)
class Curves:
    """Curves that one figure shows.

    Attributes
    ----------
    curves : tuple of Curve
        Those with at least one value.
    layers : dict
        The layer axis: name -> depth, in execution order; empty where curves have different layers, drawn by depth.
    bands : bool
        Whether intervals are drawn.
    ordered : bool
        Whether the names form an order, so that colours do too.
    across : str
        What the horizontal axis counts where it counts no layers, such as "epoch"; a point's depth is then its place.
    floating : tuple of str
        Panels whose axis need not hold zero.
    """

    curves: tuple[Curve, ...]
    layers: Mapping[str, float]
    bands: bool = True
    ordered: bool = False
    across: str = ""
    floating: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.curves)

    @property
    def panels(self) -> tuple[str, ...]:
        """Panels in the order in which they are drawn."""
        return tuple(dict.fromkeys(curve.panel for curve in self.curves))

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the legend."""
        return tuple(dict.fromkeys(curve.name for curve in self.curves))

    def of(self, panel: str) -> tuple[Curve, ...]:
        """The curves of one panel."""
        return tuple(curve for curve in self.curves if curve.panel == panel)


def title(measure: str) -> str:
    """A measure's name on an axis."""
    if measure in TITLES:
        return TITLES[measure]
    return MEASURES[measure].title if measure in MEASURES else measure.replace("_", " ")


def agreement(run: Run) -> Curves:
    """AMI, ARI and purity at the smallest overclustering factor."""
    panels = {"ami": "AMI and ARI", "ari": "AMI and ARI", "purity": "Purity"}
    return gather(run, ((panel, title(name), _at_factor(run, name)) for name, panel in panels.items()))


def overclustering(run: Run) -> Curves:
    """AMI, ARI and purity at a few overclustering factors; nothing where there is one factor only."""
    factors = chosen_factors(run)
    if len(factors) < 2:
        return Curves((), {})
    curves = (
        (title(name), f"factor {factor}", _at_factor(run, name, factor))
        for name in ("ami", "ari", "purity")
        for factor in factors
    )
    return replace(gather(run, curves), bands=False, ordered=True)


def label_overlap(run: Run) -> Curves:
    """Label overlap of every level."""
    return gather(run, (("Label overlap", level, _of_level(level)(run)) for level in run.levels))


def landscape(run: Run) -> Curves:
    """Intrinsic dimension, density peaks and hubs, one panel each."""
    return gather(run, _panels(run, lambda measure: measure in LANDSCAPE))


def other_measures(run: Run) -> Curves:
    """Whatever else the profile holds for all samples, one panel for each measure."""
    return gather(run, _panels(run, lambda measure: measure not in OWN_FIGURES + LANDSCAPE))


def compared_clusters(runs: Mapping[str, Run]) -> Curves:
    """AMI, ARI and purity of several runs."""
    return _compare(runs, {title(name): _selector(_at_factor, name) for name in ("ami", "ari", "purity")})


def compared_labels(runs: Mapping[str, Run]) -> Curves:
    """Label overlap of several runs, level by level, without those that runs recover."""
    own = {run.about["request"]["recover"] for run in runs.values()}  # drawn with the intrinsic dimension
    levels = dict.fromkeys(level for run in runs.values() for level in run.levels if level not in own)
    return _compare(runs, {f"Label overlap: {level}": _of_level(level) for level in levels})


def compared_neighborhoods(runs: Mapping[str, Run]) -> Curves:
    """Overlap of neighbourhoods of several runs."""
    return _compare(runs, {f"Overlap {told}": _selector(overlap_with, role) for role, told in ROLES.items()})


def compared_landscapes(runs: Mapping[str, Run]) -> Curves:
    """Density peaks and hubs of several runs."""
    return _compare_panels(runs, lambda measure: measure in LANDSCAPE[1:])


def compared_others(runs: Mapping[str, Run]) -> Curves:
    """Other measures of several runs."""
    return _compare_panels(runs, lambda measure: measure == "linear_probe" or measure not in OWN_FIGURES + LANDSCAPE)


def overlap_with(run: Run, role: str) -> pl.DataFrame:
    """Rows of the profile: overlap with the layer that plays a role."""
    return run.scores("overlap", parameters=f"k={run.about['request']['k']} with={role}")


def chosen_factors(run: Run) -> list[int]:
    """At most four factors, from the smallest to the largest, about evenly spaced on a logarithmic scale."""
    factors = sorted(run.about["request"]["factors"])
    if len(factors) <= FACTORS_DRAWN:
        return factors
    ratio = (factors[-1] / factors[0]) ** (1 / (FACTORS_DRAWN - 1))
    wanted = [factors[0] * ratio**step for step in range(FACTORS_DRAWN)]
    return sorted({min(factors, key=lambda factor: abs(factor - goal)) for goal in wanted})


def smallest_factor(run: Run) -> int:
    """The overclustering factor that tables and galleries use."""
    return int(min(run.about["request"]["factors"]))


def layer_axis(run: Run) -> dict[str, float]:
    """Layer -> depth, in execution order."""
    return dict(run.layers.select("name", "depth").rows())


def _at_factor(run: Run, measure: str, factor: int | None = None) -> pl.DataFrame:
    return run.scores(measure, parameters=f"factor={factor or smallest_factor(run)}")


def _selector(select: Callable[[Run, str], pl.DataFrame], what: str) -> Callable[[Run], pl.DataFrame]:
    return lambda run: select(run, what)


def _panels(run: Run, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Panel, name and scores of each measure over all samples; the name is its level, and its parameters if several."""
    # Of the estimates of the dimension, the published one stands for all.
    whole = run.profile.filter(
        pl.col("group").is_null()
        & ((pl.col("measure") != "intrinsic_dimension") | (pl.col("parameters") == "two-nn fraction=0.9"))
    )
    for measure in filter(wanted, whole["measure"].unique(maintain_order=True)):
        scores = whole.filter(pl.col("measure") == measure)
        several = scores["parameters"].n_unique() > 1
        for (level, parameters), rows in scores.partition_by(
            "level", "parameters", as_dict=True, maintain_order=True
        ).items():
            asked = (level, parameters if several else None)
            yield title(measure), ", ".join(filter(None, asked)) or title(measure), rows


def _compare_panels(runs: Mapping[str, Run], wanted: Callable[[str], bool]) -> Curves:
    """The panels of each run, one for each name; every run has a curve in it."""
    found = {
        run: {panel if name == panel else f"{panel}: {name}": rows for panel, name, rows in _panels(each, wanted)}
        for run, each in runs.items()
    }
    panels = dict.fromkeys(panel for scores in found.values() for panel in scores)
    named = ((panel, run, scores[panel]) for panel in panels for run, scores in found.items() if panel in scores)
    return Curves(_drawable(named), _shared_axis(runs))


def _of_level(level: str) -> Callable[[Run], pl.DataFrame]:
    return lambda run: run.scores("label_overlap", level=level, parameters=f"k={run.about['request']['k']}")


def gather(run: Run, named: Iterable[tuple[str, str, pl.DataFrame]]) -> Curves:
    """Curves of one run, from the panel, the name and the rows of the profile of each."""
    return Curves(_drawable(named), layer_axis(run))


def _compare(runs: Mapping[str, Run], panels: Mapping[str, Callable[[Run], pl.DataFrame]]) -> Curves:
    named = ((panel, name, select(run)) for panel, select in panels.items() for name, run in runs.items())
    return Curves(_drawable(named), _shared_axis(runs))


def compare_curves(runs: Mapping[str, Run], named: Iterable[tuple[str, str, pl.DataFrame]]) -> Curves:
    """Curves of several runs, from the panel, the name and the rows of the profile of each."""
    return Curves(_drawable(named), _shared_axis(runs))


def _shared_axis(runs: Mapping[str, Run]) -> dict[str, float]:
    axes = [layer_axis(run) for run in runs.values()]
    return axes[0] if all(list(axis.items()) == list(axes[0].items()) for axis in axes) else {}


def _drawable(named: Iterable[tuple[str, str, pl.DataFrame]]) -> tuple[Curve, ...]:
    """Curves of those that have a value."""
    found = [(panel, name, scores) for panel, name, scores in named if scores["value"].count()]
    several = len({panel for panel, _, _ in found}) > 1
    curves = []
    for panel, name, scores in found:
        measure = str(scores["measure"][0])
        full_name = f"{panel}, {name}" if several and name != title(measure) else name
        curves.append(Curve(panel, name, full_name, measure, _points(scores)))
    return tuple(curves)


def _points(scores: pl.DataFrame) -> tuple[Point, ...]:
    columns = ("layer", "depth", "value", "low", "high", "chance")
    rows: list[tuple[Any, ...]] = scores.drop_nulls("value").select(columns).rows()
    return tuple(Point(*row) for row in rows)


def own_level(run: Run) -> str | None:
    """The level of classes whose formation is watched: what clusters should recover, or the lowest."""
    recover: str | None = run.about["request"]["recover"]
    return recover or (run.levels[-1] if run.levels else None)


def label_scores(run: Run, level: str | None, k: int | None = None) -> pl.DataFrame:
    """Label overlap of one level with the request's k, or another."""
    return run.scores("label_overlap", level=level or "", parameters=f"k={k or run.about['request']['k']}")
