"""Overlap of one layer's neighbourhoods with other layers' and with the labels (Doimo et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nucleate.measures import label_overlap, overlap
from nucleate.pipeline.analyses.layered import Layered
from nucleate.pipeline.analyses.neighbors import read_neighbors
from nucleate.pipeline.profile import mean_interval, profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage.atomic import encode_parquet

VERSION = 1


def overlap_task(
    layered: Layered, record: Path, *, own: Task, others: Mapping[str, Task], levels: Sequence[str], within: str | None
) -> Task:
    """Leave each sample's overlaps (Parquet) and the scores.

    Parameters
    ----------
    layered, record
        The layer and where the commit record goes.
    own : Task
        The layer's neighbours.
    others : dict
        Role ("output", "input", "next") -> neighbours to compare with.
    levels : sequence of str
        Label levels to compare with.
    within : str or None
        Superclass level: label overlaps are also told for each of its classes.
    """
    depends_on = layered.depends_on("overlaps", VERSION) | {
        "own": own.fingerprint,
        "others": {name: task.fingerprint for name, task in others.items()},
        "labels": layered.label_digests(levels),
        "within": [within, *layered.label_digests([within])] if within else None,
    }
    records = {name: task.record for name, task in others.items()}
    work = partial(_files, layered, record.stem, own.record, records, tuple(levels), within)
    return Task(record, depends_on, work)


def _files(
    layered: Layered, stem: str, own: Path, others: Mapping[str, Path], levels: tuple[str, ...], within: str | None
) -> dict[str, bytes]:
    neighbors = read_neighbors(own)
    scores: list[dict[str, Any]] = []
    samples = {"row": pl.Series(layered.rows)}
    for name, record in others.items():
        found = overlap(neighbors, read_neighbors(record))
        samples[f"overlap_{name}"] = pl.Series(found.per_sample)
        scores.append(
            layered.place.score(
                "overlap", found.value, n=neighbors.n, parameters=f"k={neighbors.k} with={name}",
                interval=mean_interval(found.per_sample), chance=found.chance,
            )
        )  # fmt: skip
    for level in levels:
        found = label_overlap(neighbors, layered.labels[level])
        samples[f"label_overlap_{level}"] = pl.Series(found.per_sample)
        scores.append(
            layered.place.score(
                "label_overlap", found.value, n=neighbors.n, level=level, parameters=f"k={neighbors.k}",
                interval=mean_interval(found.per_sample), chance=found.chance,
            )
        )  # fmt: skip
        if within is not None:
            scores += _by_group(layered, found.per_sample, level=level, within=within, k=neighbors.k)
    return {
        f"{stem}.parquet": encode_parquet(pl.DataFrame(samples)),
        f"{stem}.scores.parquet": encode_parquet(profile_frame(scores)),
    }


def _by_group(layered: Layered, per_sample: np.ndarray, *, level: str, within: str, k: int) -> list[dict[str, Any]]:
    """The label overlap of each superclass' samples, whose neighbours may lie anywhere."""
    groups, labels = layered.labels[within], layered.labels[level]
    _, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    chance = (sizes[codes] - 1) / (len(labels) - 1)
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
