"""Ward clusters inside each superclass at one layer, at every overclustering factor, with their scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from nucleate.clusters import normalized
from nucleate.pipeline.analyses._cluster_scores import Clustering, Distances, Members, Rows, cluster_groups
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.folder import profile_frame
from nucleate.pipeline.plan import ALL_SAMPLES
from nucleate.pipeline.rows import read_distances
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_parquet, encode_tensors

VERSION = 2


def cluster_task(layered: Layered, record: Path, *, within: str | None, recover: str, how: Clustering) -> Task:
    """Leave Ward's trees (safetensors), each sample's cluster at every factor (Parquet), and the scores."""
    levels = [level for level in (within, recover) if level is not None]
    depends_on = layered.depends_on("clusters", VERSION) | {
        "within": within,
        "recover": recover,
        "how": asdict(how),
        "labels": layered.label_digests(levels),
    }
    return Task(record, depends_on, partial(_files, layered, record.stem, within, recover, how))


def _files(layered: Layered, stem: str, within: str | None, recover: str, how: Clustering) -> dict[str, bytes]:
    groups = layered.labels[within] if within is not None else np.full(len(layered.rows), ALL_SAMPLES)
    found = cluster_groups(
        _members(layered, how), groups, layered.labels[recover], how=how, level=recover, place=layered.place
    )
    assignments = pl.DataFrame({"row": layered.rows, "group": groups, **found.labels})
    return {
        f"{stem}.safetensors": encode_tensors(found.linkages),
        f"{stem}.parquet": encode_parquet(assignments),
        f"{stem}.scores.parquet": encode_parquet(profile_frame(found.scores)),
    }


def _members(layered: Layered, how: Clustering) -> Callable[[str, np.ndarray], Members]:
    """What is clustered: the layer's rows, or the distances between them where they were not kept."""
    records = layered.distances
    if records is not None:
        return lambda group, inside: Distances(read_distances(records[group], layered.rows[inside]))
    X = layered.activations()
    return lambda group, inside: Rows(normalized(X[inside], how.normalization))
