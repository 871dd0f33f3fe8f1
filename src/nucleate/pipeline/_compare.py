"""Do two runs find the same clusters? Agreement between runs for every pair of layers (Nguyen & Kornblith 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl

from nucleate.errors import UsageError
from nucleate.measures import ari
from nucleate.pipeline.folder import mean_interval
from nucleate.pipeline.run import Run

SCHEMA = {
    "run": pl.String, "other_run": pl.String, "layer": pl.String, "other_layer": pl.String, "factor": pl.Int64,
    "ari": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.Int64,
}  # fmt: skip


def compare(runs: Sequence[Run | str | Path], *, factor: int | None = None, layers: str = "all") -> pl.DataFrame:
    """Agreement of the clusters that several runs give to the same samples.

    For every pair of runs and every pair of their layers: the adjusted Rand index between the two clusterings inside
    each superclass, and its unweighted mean over superclasses. Runs may be of different networks.

    Parameters
    ----------
    runs : sequence of Run or path
        At least two finished runs of the same samples under the same superclasses.
    factor : int, optional
        Overclustering factor; default the smallest that all runs have.
    layers : {"all", "same"}
        Every pair of layers, or only pairs of the same name.

    Returns
    -------
    polars.DataFrame
        One row per pair: `run`, `other_run`, `layer`, `other_layer`, `factor`, `ari`, `low`, `high` (95 % interval over
        superclasses) and `n`, the number of superclasses. A run is called by its path.

    Raises
    ------
    UsageError
        When there are fewer than two runs, their samples or superclasses differ, they hold no clusters, or have no such
        factor.

    Notes
    -----
    Superclasses that cannot be cut at this factor are left out. Time O(pairs of runs * layers^2 * samples).
    """
    chosen = [run if isinstance(run, Run) else Run(Path(run)) for run in runs]
    if len(chosen) < 2:
        raise UsageError(f"{len(chosen)} run was given", "Give at least two to compare")
    for run in chosen[1:]:
        _refuse_other_samples(chosen[0], run)
    factor = _common_factor(chosen, factor)
    clusters = {run.root: {layer: _groups(run, layer, factor) for layer in run.layer_names} for run in chosen}
    rows = []
    for first, second in combinations(chosen, 2):
        for layer, own in clusters[first.root].items():
            for other_layer, others in clusters[second.root].items():
                if layers == "same" and layer != other_layer:
                    continue
                values = np.array([ari(own[group], others[group]) for group in own if group in others])
                low, high = mean_interval(values) or (None, None)
                mean = float(values.mean()) if len(values) else None
                names = (str(first.root), str(second.root), layer, other_layer)
                rows.append((*names, factor, mean, low, high, len(values)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _refuse_other_samples(first: Run, second: Run) -> None:
    requests = [run.about["request"] for run in (first, second)]
    level = requests[0]["within"]
    if requests[1]["within"] != level:
        raise UsageError(
            f"{first.root} clusters inside {level}, {second.root} inside {requests[1]['within']}",
            "Compare runs with the same --within",
        )
    if requests[0]["recover"] != requests[1]["recover"]:
        raise UsageError(
            f"{first.root} recovers {requests[0]['recover']}, {second.root} {requests[1]['recover']}",
            "Compare runs with the same --recover",
        )
    columns = ["id", "sha256", *([level] if level else [])]
    tables = [run.samples[run.rows.tolist()].select(columns) for run in (first, second)]
    if tables[0].equals(tables[1]):
        return
    ids = [set(table["id"]) for table in tables]
    if ids[0] != ids[1]:
        only = sorted(ids[0] ^ ids[1])
        what = f"{len(only)} samples are in one of them only (first {only[0]})"
    else:
        what = f"the same samples differ in content, order or {level}"
    raise UsageError(f"{first.root} and {second.root} hold different samples: {what}", "Probe both with the same data")


def _common_factor(runs: Sequence[Run], factor: int | None) -> int:
    known = set.intersection(*({int(value) for value in run.about["request"]["factors"]} for run in runs))
    if not known or (factor is not None and factor not in known):
        told = ", ".join(map(str, sorted(known))) or "none"
        raise UsageError(f"The runs do not share the factor {factor}", f"In common they have {told}")
    return factor if factor is not None else min(known)


def _groups(run: Run, layer: str, factor: int) -> dict[str, np.ndarray]:
    """Superclass -> cluster of each of its samples, without those that could not be cut."""
    table = run.clusters(layer).select("group", f"factor_{factor}")
    parts = table.partition_by("group", as_dict=True)
    found = {str(group): part[f"factor_{factor}"].to_numpy() for (group,), part in parts.items()}
    return {group: labels for group, labels in found.items() if (labels >= 0).all()}
