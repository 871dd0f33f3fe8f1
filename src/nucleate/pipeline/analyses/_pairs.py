"""Overlap of one layer's neighbourhoods with those of every later layer: together, all pairs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import polars as pl

from nucleate.measures import overlap
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.analyses._neighbors import read_neighbors
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_parquet

VERSION = 1


def pairs_task(layered: Layered, record: Path, *, own: Task, later: Mapping[str, Task], k: int) -> Task:
    """Leave a table: layer, other, k, overlap, chance; one row for each of the `later` layers."""
    depends_on = layered.depends_on("pairs", VERSION) | {
        "own": own.fingerprint,
        "later": {name: task.fingerprint for name, task in later.items()},
        "k": k,
    }
    records = {name: task.record for name, task in later.items()}
    return Task(record, depends_on, partial(_files, layered.place.layer, record.stem, own.record, records, k))


def _files(layer: str, stem: str, own: Path, later: Mapping[str, Path], k: int) -> dict[str, bytes]:
    neighbors = read_neighbors(own, k)
    found = [overlap(neighbors, read_neighbors(record, k)) for record in later.values()]
    table = pl.DataFrame(
        {
            "layer": [layer] * len(found),
            "other": list(later),
            "k": [k] * len(found),
            "overlap": [each.value for each in found],
            "chance": [each.chance for each in found],
        }
    )
    return {f"{stem}.parquet": encode_parquet(table)}
