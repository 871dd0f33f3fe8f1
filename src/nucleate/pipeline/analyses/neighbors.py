"""The nearest neighbours of every sample at one layer: other analyses read them."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from nucleate.errors import ArrayError
from nucleate.neighbors import KNNSearch, Metric, Neighbors
from nucleate.pipeline.analyses.layered import Layered, LayerRows
from nucleate.pipeline.analyses.search_state import load_state, save_state
from nucleate.pipeline.needs import HELD_BYTES
from nucleate.pipeline.tasks import Task
from nucleate.storage import digest, encode_tensors, read_tensor

VERSION = 1
SECONDS_BETWEEN_SAVES = 20.0


def neighbor_task(layered: Layered, record: Path, *, k: int, metric: Metric = "euclidean") -> Task:
    """Leave `indices` and `distances`, (n, k), and the `rows` that the indices number.

    A search that takes longer than `SECONDS_BETWEEN_SAVES` keeps the tiles it has finished beside its record.
    """
    depends_on = layered.depends_on("neighbors", VERSION) | {"k": k, "metric": metric}
    unfinished = record.with_suffix(".search")
    return Task(record, depends_on, partial(_files, layered, record, digest(depends_on), k, metric), unfinished)


def _files(layered: Layered, record: Path, fingerprint: str, k: int, metric: Metric) -> dict[str, bytes]:
    found = resumable_search(layered, k, metric=metric, unfinished=record.with_suffix(".search"), name=fingerprint)
    tensors = {"indices": found.indices, "distances": found.distances, "rows": layered.rows}
    return {f"{record.stem}.safetensors": encode_tensors(tensors, {"metric": found.metric})}


def _source(layered: Layered) -> np.ndarray | LayerRows:
    """A small layer as it is, a large one block by block: the neighbours have the same bits."""
    rows = layered.row_source()
    return layered.activations() if rows.shape[0] * rows.shape[1] * rows.dtype.itemsize <= HELD_BYTES else rows


def resumable_search(layered: Layered, k: int, *, metric: Metric, unfinished: Path, name: str) -> Neighbors:
    """Search a layer, keeping finished tiles in the file `unfinished`; go on from those of the search of this name.

    Raises
    ------
    ArrayError
        As `nucleate.neighbors.knn` does.
    """
    search = KNNSearch(_source(layered), k, metric=metric)
    state = load_state(unfinished, name)
    if state is not None:
        with suppress(ArrayError):  # other tiles than ours, as of another version: begin anew
            search.restore(state)
    saved = time.monotonic()
    for _ in search.steps():
        if time.monotonic() - saved >= SECONDS_BETWEEN_SAVES:
            save_state(unfinished, name, search.state())
            saved = time.monotonic()
    return search.result()


def read_neighbors(record: Path, k: int | None = None) -> Neighbors:
    """The neighbours that a neighbour task left: all, or the nearest k."""
    path = record.with_suffix(".safetensors")
    found = Neighbors(indices=read_tensor(path, "indices"), distances=read_tensor(path, "distances"))
    return found if k is None else found.first(k)
