"""What is computed for each layer: one file per analysis, and the one place that knows them all."""

from __future__ import annotations

from collections.abc import Mapping

from nucleate.pipeline.analyses.cluster_scores import Clustering
from nucleate.pipeline.analyses.clusters import cluster_task
from nucleate.pipeline.analyses.landscape import landscape_task
from nucleate.pipeline.analyses.layered import Layered
from nucleate.pipeline.analyses.linear_probes import TrainingRows, linear_probe_task
from nucleate.pipeline.analyses.neighbors import neighbor_task, read_neighbors
from nucleate.pipeline.analyses.overlaps import overlap_task
from nucleate.pipeline.folder import RunFolder
from nucleate.pipeline.plan import Plan
from nucleate.pipeline.settings import Settings
from nucleate.pipeline.tasks import Task

__all__ = ["Layered", "TrainingRows", "analysis_tasks", "read_neighbors"]


def analysis_tasks(
    folder: RunFolder,
    plan: Plan,
    request: Settings,
    *,
    layered: Mapping[str, Layered],
    training: TrainingRows | None,
) -> list[Task]:
    """Every task of a request, in an order in which each finds what it needs."""
    wanted = set(request.measures)
    neighbors: dict[str, Task] = {}
    if {"overlap", "label_overlap", "landscape"} & wanted:
        for layer in plan.layers:
            record = folder.of_layer("neighbors", layer)
            neighbors[layer.name] = neighbor_task(layered[layer.name], record, k=request.k)
    tasks = list(neighbors.values())
    how = Clustering(request.algorithms, request.normalization, request.factors, request.seed)
    for place, layer in enumerate(plan.layers):
        own = layered[layer.name]
        if "clusters" in wanted and plan.recover is not None:
            tasks.append(
                cluster_task(own, folder.of_layer("clusters", layer), within=plan.within, recover=plan.recover, how=how)
            )
        if training is not None:
            tasks.append(
                linear_probe_task(
                    own, folder.of_layer("linear_probes", layer), training=training,
                    levels=[level for level in (plan.within, plan.recover) if level], seed=request.seed,
                )
            )  # fmt: skip
        if "landscape" in wanted:
            tasks.append(
                landscape_task(
                    own, folder.of_layer("peaks", layer), own=neighbors[layer.name], levels=tuple(own.labels),
                    z=request.z,
                )
            )  # fmt: skip
        if {"overlap", "label_overlap"} & wanted:
            others = _compared_layers(plan, place) if "overlap" in wanted else {}
            tasks.append(
                overlap_task(
                    own, folder.of_layer("overlaps", layer), own=neighbors[layer.name],
                    others={role: neighbors[name] for role, name in others.items()},
                    levels=tuple(own.labels) if "label_overlap" in wanted else (), within=plan.within,
                )
            )  # fmt: skip
    return tasks


def _compared_layers(plan: Plan, place: int) -> dict[str, str]:
    """Role -> name of the layers whose neighbourhoods a layer's are compared with; never itself."""
    names = [layer.name for layer in plan.layers]
    roles = {role: role for role in ("output", "input") if role in names and names[place] != role}
    return roles | ({"next": names[place + 1]} if place + 1 < len(names) else {})
