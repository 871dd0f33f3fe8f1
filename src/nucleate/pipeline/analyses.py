"""What is computed for each layer: neighbours, clusters inside each superclass, overlaps. Each analysis is one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from nucleate.measures import label_overlap, overlap
from nucleate.neighbors import Neighbors, knn
from nucleate.pipeline.cluster_scores import cluster_groups
from nucleate.pipeline.profile import Place, mean_interval, profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage import BlockStore, digest_array, encode_tensors, read_tensor
from nucleate.storage.atomic import encode_parquet

ALL_SAMPLES = "all samples"
"""The name of the one group when samples are clustered as a whole."""


@dataclass(frozen=True)
class Layered:
    """What every analysis of one layer reads: where its rows are stored, and their labels.

    Attributes
    ----------
    store : BlockStore
        Blocks of activations.
    place : Place
        The layer's columns in the profile.
    rows : (n,) int64
        The rows that are analysed.
    labels : dict
        Level -> class name of each of `rows`.
    """

    store: BlockStore
    place: Place
    rows: np.ndarray
    labels: Mapping[str, np.ndarray]

    def activations(self) -> np.ndarray:
        """The layer's rows, (n, width) float32."""
        return self.store.read(self.place.layer, self.rows)

    def depends_on(self, analysis: str, version: int) -> dict[str, object]:
        """What every analysis of the layer depends on."""
        return {
            "analysis": analysis,
            "version": version,
            "activations": self.store.layer_digest(self.place.layer, self.store.blocks_of(self.rows)),
            "rows": digest_array(self.rows),
            "place": asdict(self.place),
        }

    def label_digests(self, levels: Sequence[str]) -> list[list[str]]:
        """Levels with the digest of their labels."""
        return [[level, digest_array(self.labels[level].astype("U"))] for level in levels]


def neighbor_task(layered: Layered, record: Path, *, k: int) -> Task:
    """The k nearest neighbours of every sample: `indices` and `distances`, (n, k), and the `rows` they number."""
    depends_on = layered.depends_on("neighbors", 1) | {"k": k, "metric": "euclidean"}
    return Task(record, depends_on, partial(_neighbor_files, layered, record.stem, k))


def _neighbor_files(layered: Layered, stem: str, k: int) -> dict[str, bytes]:
    found = knn(layered.activations(), k=k)
    tensors = {"indices": found.indices, "distances": found.distances, "rows": layered.rows}
    return {f"{stem}.safetensors": encode_tensors(tensors, {"metric": found.metric})}


def read_neighbors(record: Path) -> Neighbors:
    """The neighbours that a neighbour task left."""
    path = record.with_suffix(".safetensors")
    return Neighbors(indices=read_tensor(path, "indices"), distances=read_tensor(path, "distances"))


def cluster_task(
    layered: Layered, record: Path, *, within: str | None, recover: str, factors: Sequence[int], seed: int
) -> Task:
    """Ward trees inside each superclass, their cuts at every overclustering factor, and the scores."""
    levels = [level for level in (within, recover) if level is not None]
    depends_on = layered.depends_on("clusters", 1) | {
        "within": within,
        "recover": recover,
        "factors": list(factors),
        "seed": seed,
        "normalization": "unit",
        "labels": layered.label_digests(levels),
    }
    return Task(record, depends_on, partial(_cluster_files, layered, record.stem, within, recover, tuple(factors), seed))


def _cluster_files(
    layered: Layered, stem: str, within: str | None, recover: str, factors: tuple[int, ...], seed: int
) -> dict[str, bytes]:
    groups = layered.labels[within] if within is not None else np.full(len(layered.rows), ALL_SAMPLES)
    found = cluster_groups(
        layered.activations(), groups, layered.labels[recover], factors=factors, seed=seed, level=recover,
        place=layered.place,
    )  # fmt: skip
    columns = {f"factor_{factor}": found.labels[factor] for factor in factors}
    assignments = pl.DataFrame({"row": layered.rows, "group": groups, **columns})
    return {
        f"{stem}.safetensors": encode_tensors(found.linkages),
        f"{stem}.parquet": encode_parquet(assignments),
        f"{stem}.scores.parquet": encode_parquet(profile_frame(found.scores)),
    }


def overlap_task(
    layered: Layered, record: Path, *, own: Task, others: Mapping[str, Task], levels: Sequence[str], within: str | None
) -> Task:
    """Overlap of a layer's neighbourhoods with other layers' and with the labels, also for each sample."""
    depends_on = layered.depends_on("overlaps", 1) | {
        "own": own.fingerprint,
        "others": {name: task.fingerprint for name, task in others.items()},
        "labels": layered.label_digests(levels),
        "within": within,
    }
    records = {name: task.record for name, task in others.items()}
    return Task(
        record, depends_on, partial(_overlap_files, layered, record.stem, own.record, records, tuple(levels), within)
    )


def _overlap_files(
    layered: Layered, stem: str, own: Path, others: Mapping[str, Path], levels: tuple[str, ...], within: str | None
) -> dict[str, bytes]:
    neighbors = read_neighbors(own)
    n, k = neighbors.indices.shape
    scores, samples = [], {"row": pl.Series(layered.rows)}
    for name, record in others.items():
        found = overlap(neighbors, read_neighbors(record))
        scores.append(
            layered.place.score(
                "overlap", found.value, n=n, parameters=f"k={k} with={name}",
                interval=mean_interval(found.per_sample), chance=found.chance,
            )
        )  # fmt: skip
        samples[f"overlap_{name}"] = pl.Series(found.per_sample)
    for level in levels:
        found = label_overlap(neighbors, layered.labels[level])
        scores.append(
            layered.place.score(
                "label_overlap", found.value, n=n, level=level, parameters=f"k={k}",
                interval=mean_interval(found.per_sample), chance=found.chance,
            )
        )  # fmt: skip
        samples[f"label_overlap_{level}"] = pl.Series(found.per_sample)
        if within is not None:
            scores += _overlap_by_group(layered, found.per_sample, level, within, k)
    return {
        f"{stem}.parquet": encode_parquet(pl.DataFrame(samples)),
        f"{stem}.scores.parquet": encode_parquet(profile_frame(scores)),
    }


def _overlap_by_group(
    layered: Layered, per_sample: np.ndarray, level: str, within: str, k: int
) -> list[dict[str, object]]:
    groups, labels = layered.labels[within], layered.labels[level]
    class_sizes = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    chance = np.array([class_sizes[label] - 1 for label in labels]) / (len(labels) - 1)
    scores = []
    for group in np.unique(groups):
        inside = groups == group
        scores.append(
            layered.place.score(
                "label_overlap", float(per_sample[inside].mean()), n=int(inside.sum()), level=level, group=str(group),
                parameters=f"k={k}", interval=mean_interval(per_sample[inside]), chance=float(chance[inside].mean()),
            )
        )  # fmt: skip
    return scores
