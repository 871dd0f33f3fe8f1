"""What is computed for each layer: one file per analysis, and the one place that knows them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nucleate.pipeline.analyses._cluster_scores import MEASURES, Clustering, parameters
from nucleate.pipeline.analyses._layer_data import FROM_ROWS, Layered, environment
from nucleate.pipeline.analyses._neighbors import neighbor_task, read_neighbors
from nucleate.pipeline.analyses._pairs import pairs_task
from nucleate.pipeline.analyses._search_state import load_state, save_state
from nucleate.pipeline.analyses.cka import alignment_task
from nucleate.pipeline.analyses.clusters import cluster_task
from nucleate.pipeline.analyses.density_peaks import landscape_task
from nucleate.pipeline.analyses.image_entropy import entropy_task
from nucleate.pipeline.analyses.linear_probe import TrainingRows, linear_probe_task
from nucleate.pipeline.analyses.mutual_knn import cosine_task, mutual_knn_task
from nucleate.pipeline.analyses.overlap import Counting, overlap_task
from nucleate.pipeline.analyses.two_nn_decimation import scale_task
from nucleate.pipeline.folder import RunFolder
from nucleate.pipeline.plan import Plan, fewer_neighbors, subsample
from nucleate.pipeline.request import Settings
from nucleate.pipeline.tasks import Task

__all__ = ["Layered", "TrainingRows", "analysis_tasks", "read_neighbors"]

NEED_NEIGHBORS = {"overlap", "label_overlap", "landscape", "entropy"}


@dataclass(frozen=True)
class _Request:
    """What every part of a request needs to know."""

    folder: RunFolder
    plan: Plan
    settings: Settings
    layered: Mapping[str, Layered]

    @property
    def levels(self) -> tuple[str, ...]:
        return tuple(next(iter(self.layered.values())).labels) if "label_overlap" in self.settings.measures else ()


def analysis_tasks(
    folder: RunFolder,
    plan: Plan,
    request: Settings,
    *,
    layered: Mapping[str, Layered],
    training: TrainingRows | None,
    images: Sequence[Task] = (),
) -> list[Task]:
    """Every task of a request, in an order in which each finds what it needs.

    Parameters
    ----------
    folder, plan, request
        Where results go and what is wanted.
    layered : dict
        Layer name -> the layer.
    training : TrainingRows or None
        What linear probes are fitted on.
    images : sequence of Task
        What leaves the entropy of each image, where it is wanted.
    """
    wanted = set(request.measures)
    asked = _Request(folder, plan, request, layered)
    neighbors: dict[str, Task] = {}
    if wanted & NEED_NEIGHBORS:
        for layer in plan.layers:
            record = folder.of_layer("neighbors", layer)
            neighbors[layer.name] = neighbor_task(
                layered[layer.name], record, k=plan.searched_k, sketch=plan.sketch_of(layer, request)
            )
    tasks = [*images, *neighbors.values()]
    how = Clustering(request.algorithms, request.normalization, request.factors, request.seed)
    for layer in plan.layers:
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
                    own, folder.of_layer("peaks", layer), own=neighbors[layer.name], k=request.k,
                    levels=tuple(own.labels), z=request.z,
                )
            )  # fmt: skip
        if "entropy" in wanted:
            record = folder.of_layer("entropies", layer)
            tasks.append(entropy_task(own, record, own=neighbors[layer.name], images=images, k=request.k))
        if "scale_profile" in wanted:
            tasks.append(scale_task(own, folder.of_layer("scale_profiles", layer), seed=request.seed))
    return [*tasks, *_overlaps(asked, neighbors), *_subsampled_overlaps(asked), *_similarities(asked)]


def _overlaps(asked: _Request, neighbors: Mapping[str, Task]) -> Iterator[Task]:
    request, plan = asked.settings, asked.plan
    if not {"overlap", "label_overlap"} & set(request.measures):
        return
    counting = Counting(request.k, request.more_k, request.class_fraction, plan.recover)
    for place, layer in enumerate(plan.layers):
        own = asked.layered[layer.name]
        others = _compared_layers(plan, place) if "overlap" in request.measures else {}
        yield overlap_task(
            own, asked.folder.of_layer("overlaps", layer), own=neighbors[layer.name],
            others={role: neighbors[name] for role, name in others.items()},
            levels=asked.levels, within=plan.within, counting=counting,
        )  # fmt: skip
        later = {other.name: neighbors[other.name] for other in plan.layers[place + 1 :]}
        if later and "overlap" in request.measures:
            record = asked.folder.of_layer("overlaps", layer, "pairs")
            yield pairs_task(own, record, own=neighbors[layer.name], later=later, k=request.k)


def _subsampled_overlaps(asked: _Request) -> Iterator[Task]:
    """The same overlaps with fewer samples: searched anew, since neighbours are missing."""
    request, plan = asked.settings, asked.plan
    if not {"overlap", "label_overlap"} & set(request.measures):
        return
    first = next(iter(asked.layered.values()))
    labels = None if plan.recover is None else first.labels[plan.recover]
    for share in request.subsample:
        chosen = subsample(labels, len(first.rows), share=share, seed=request.seed)
        k = fewer_neighbors(request.k, share=share, n=len(chosen))
        searches = {
            layer.name: neighbor_task(
                asked.layered[layer.name].only(chosen), asked.folder.of_layer("subsamples", layer, f"{share:g}"), k=k
            )
            for layer in plan.layers
        }
        yield from searches.values()
        for layer in plan.layers:
            others = {"with=output": "output"} if layer.name != "output" and "output" in searches else {}
            yield overlap_task(
                asked.layered[layer.name].only(chosen),
                asked.folder.of_layer("subsamples", layer, f"{share:g}-overlaps"),
                own=searches[layer.name],
                others={role: searches[name] for role, name in others.items() if "overlap" in request.measures},
                levels=asked.levels, within=None, counting=Counting(k, mark=f" subsample={share:g}"),
            )  # fmt: skip


def _similarities(asked: _Request) -> Iterator[Task]:
    """CKA and mutual kNN with the output and the references."""
    request, plan, folder = asked.settings, asked.plan, asked.folder
    first = next(iter(asked.layered.values()))
    labels = None if plan.recover is None else first.labels[plan.recover]
    if "cka" in request.measures:
        share = min(1.0, request.cka_samples / len(first.rows))
        chosen = subsample(labels, len(first.rows), share=share, seed=request.seed)
        fewer = {name: own.only(chosen) for name, own in asked.layered.items()}
        for place, layer in enumerate(plan.layers):
            others = {role: fewer[name] for role, name in _landmarks(plan, place).items()}
            yield alignment_task(fewer[layer.name], folder.of_layer("cka", layer), others=others)
    if "mutual_knn" in request.measures:
        searches = {
            layer.name: cosine_task(asked.layered[layer.name], folder.of_layer("mutual_knn", layer, "neighbors"))
            for layer in plan.layers
        }
        yield from searches.values()
        for place, layer in enumerate(plan.layers):
            compared = {role: searches[name] for role, name in _landmarks(plan, place).items()}
            record = folder.of_layer("mutual_knn", layer)
            yield mutual_knn_task(asked.layered[layer.name], record, own=searches[layer.name], others=compared)


def _compared_layers(plan: Plan, place: int) -> dict[str, str]:
    """What a layer's neighbourhoods are compared with -> its name; never itself."""
    names = [layer.name for layer in plan.layers]
    roles = {f"with={role}": role for role in ("output", "input") if role in names and names[place] != role}
    following = {"with=next": names[place + 1]} if place + 1 < len(names) else {}
    return roles | following | _references(plan, place)


def _landmarks(plan: Plan, place: int) -> dict[str, str]:
    """The output and the references; never the layer itself."""
    names = [layer.name for layer in plan.layers]
    output = {"with=output": "output"} if "output" in names and names[place] != "output" else {}
    return output | _references(plan, place)


def _references(plan: Plan, place: int) -> dict[str, str]:
    return {f"reference={name}": name for name in plan.references if name != plan.layers[place].name}


__all__ = [
    "FROM_ROWS",
    "MEASURES",
    "environment",
    "load_state",
    "parameters",
    "save_state",
]
