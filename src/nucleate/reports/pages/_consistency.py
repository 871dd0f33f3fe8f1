"""Whether several runs find the same clusters (Nguyen and Kornblith, Figures 8 and H.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import polars as pl

from nucleate.errors import NucleateError, UsageError
from nucleate.pipeline import Run, compare
from nucleate.reports.content import SERIES, Curve, Curves, HeatMap, Point, agreement, layer_axis

MAPS = 6
PAIRS_OF_LAYERS = 30_000  # beyond which only layers of one name are compared: it takes minutes
AMI = "AMI with the subclasses"
ARI = "ARI between runs"


@dataclass(frozen=True)
class LayerMap:
    """Agreement for every pair of layers of two runs: rows are layers of `run`, columns of `other`."""

    run: str
    other: str
    factor: int
    heat: HeatMap

    @property
    def own_best(self) -> int | None:
        """For how many layers no layer of the other run agrees more than that of the same name; None without such."""
        if [name for name, _ in self.heat.rows] != list(self.heat.layers):
            return None
        told = [values[place] for place, (_, values) in enumerate(self.heat.rows)]
        best = [max((value for value in values if value is not None), default=None) for _, values in self.heat.rows]
        return sum(own is not None and own == highest for own, highest in zip(told, best, strict=True))


@dataclass(frozen=True)
class Consistency:
    """Agreement between the clusters of several runs.

    Attributes
    ----------
    curves : Curves
        ARI at layers of the same name, one line for each pair of runs; above it the AMI of each run, while there are
        colours for all.
    maps : tuple of LayerMap
    left_out : tuple of str
        Why runs could not be compared, one sentence each.
    """

    curves: Curves
    maps: tuple[LayerMap, ...]
    left_out: tuple[str, ...]


def consistency(runs: Mapping[str, Run]) -> Consistency:
    """Compare the clusters of runs that hold the same samples under the same superclasses."""
    groups, left_out = _comparable(runs)
    if not groups:
        return Consistency(Curves((), {}), (), tuple(left_out))
    rows = pl.concat([_agreement(group) for group in groups])
    pairs = list(rows.select("run", "other_run").unique(maintain_order=True).rows())
    maps = [_map(rows, runs, pair) for pair in pairs[:MAPS]]
    return Consistency(_curves(rows, runs, pairs), tuple(each for each in maps if each is not None), tuple(left_out))


def _comparable(runs: Mapping[str, Run]) -> tuple[list[dict[str, Run]], list[str]]:
    """Runs of the same samples and superclasses together; a sentence for each run that stands alone."""
    groups: list[dict[str, Run]] = []
    reasons: dict[str, str] = {}
    for name, run in runs.items():
        for group in groups:
            first = next(iter(group))
            try:
                compare([group[first], run], layers="same")
            except UsageError as error:
                told = _named(error, {first: group[first], name: run})
                reasons = {first: told, name: told} | reasons
            else:
                group[name] = run
                break
        else:
            groups.append({name: run})
    alone = [next(iter(group)) for group in groups if len(group) == 1]
    return [group for group in groups if len(group) > 1], list(dict.fromkeys(reasons[name] for name in alone))


def _named(error: NucleateError, runs: Mapping[str, Run]) -> str:
    """What is wrong, with the names that the page gives to the runs."""
    told = error.what
    for name, run in runs.items():
        told = told.replace(str(run.root), name)
    return told


def _agreement(group: Mapping[str, Run]) -> pl.DataFrame:
    runs = list(group.values())
    pairs = sum(len(one.layer_names) * len(other.layer_names) for one, other in combinations(runs, 2))
    names = {str(run.root): name for name, run in group.items()}
    found = compare(runs, layers="all" if pairs <= PAIRS_OF_LAYERS else "same")
    return found.with_columns(pl.col("run", "other_run").replace_strict(names, return_dtype=pl.String))


def _curves(rows: pl.DataFrame, runs: Mapping[str, Run], pairs: Sequence[tuple[str, str]]) -> Curves:
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    axes = [layer_axis(runs[name]) for name in names]
    shared = axes[0] if all(list(axis.items()) == list(axes[0].items()) for axis in axes) else {}
    agreeing = [curve for pair in pairs if (curve := _of_pair(rows, pair, layer_axis(runs[pair[0]]))).points]
    told = names if len(names) + len(pairs) <= len(SERIES) else []
    scored = [curve for name in told for curve in _ami(name, runs[name])]
    return Curves((*scored, *agreeing), shared, bands=len(agreeing) == 1)


def _of_pair(rows: pl.DataFrame, pair: tuple[str, str], depths: Mapping[str, float]) -> Curve:
    """Agreement of two runs at layers of the same name."""
    same = rows.filter(
        (pl.col("layer") == pl.col("other_layer")) & (pl.col("run") == pair[0]) & (pl.col("other_run") == pair[1])
    )
    points = tuple(
        Point(layer, depths[layer], value, low, high, 0.0)
        for layer, value, low, high in same.drop_nulls("ari").select("layer", "ari", "low", "high").rows()
    )
    name = f"{pair[0]} and {pair[1]}"
    return Curve(ARI, name, name, "ari", points)


def _ami(name: str, run: Run) -> list[Curve]:
    """The AMI of a run's clusters with its subclasses, as a line of the figure; none where nothing has a score."""
    found = (curve for curve in agreement(run).curves if curve.measure == "ami")
    return [replace(curve, panel=AMI, name=name, full_name=f"AMI of {name}") for curve in found]


def _map(rows: pl.DataFrame, runs: Mapping[str, Run], pair: tuple[str, str]) -> LayerMap | None:
    """None where only layers of one name were compared, or there is one layer only."""
    of_pair = rows.filter((pl.col("run") == pair[0]) & (pl.col("other_run") == pair[1]))
    down, across = (runs[name].layer_names for name in pair)
    if of_pair.height < len(down) * len(across) or max(len(down), len(across)) < 2:
        return None
    values = {(one, other): value for one, other, value in of_pair.select("layer", "other_layer", "ari").rows()}
    table = tuple((one, tuple(values[one, other] for other in across)) for one in down)
    return LayerMap(*pair, of_pair["factor"][0], HeatMap.of(across, table))
