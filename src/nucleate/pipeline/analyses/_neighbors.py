"""The nearest neighbours of every sample at one layer: other analyses read them."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict, astuple
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.errors import ArrayError
from nucleate.neighbors import KNNSearch, Metric, Neighbors, Recall, count_sketch, rerank
from nucleate.pipeline.analyses._layer_data import Layered, LayerRows
from nucleate.pipeline.analyses._search_state import load_state, save_state
from nucleate.pipeline.folder import profile_frame
from nucleate.pipeline.plan import HELD_BYTES, Sketch
from nucleate.pipeline.tasks import Task
from nucleate.storage import digest, encode_parquet, encode_tensors, read_tensor, tensor_names

VERSION = 2
SECONDS_BETWEEN_SAVES = 20.0


def neighbor_task(
    layered: Layered, record: Path, *, k: int, metric: Metric = "euclidean", sketch: Sketch | None = None
) -> Task:
    """Leave `indices` and `distances`, (n, k), and the `rows` that the indices number; of a sketch also its recall.

    A search that takes longer than `SECONDS_BETWEEN_SAVES` keeps the tiles it has finished beside its record.
    """
    depends_on = layered.depends_on("neighbors", VERSION) | {"k": k, "metric": metric}
    if sketch is not None:
        depends_on["sketch"] = asdict(sketch)
    unfinished = record.with_suffix(".search")
    return Task(record, depends_on, partial(_files, layered, record, digest(depends_on), k, metric, sketch), unfinished)


def _files(
    layered: Layered, record: Path, fingerprint: str, k: int, metric: Metric, sketch: Sketch | None
) -> dict[str, bytes]:
    unfinished = record.with_suffix(".search")
    if sketch is None:
        found = resumable_search(source_of(layered), k, metric=metric, unfinished=unfinished, name=fingerprint)
    else:
        found = sketched_search(source_of(layered), k, sketch, metric=metric, unfinished=unfinished, name=fingerprint)
    tensors = {"indices": found.indices, "distances": found.distances, "rows": layered.rows}
    told: str = found.metric
    scores: dict[str, bytes] = {}
    if found.recall is not None:
        told += f"; candidates from a count-sketch, {found.recall}"  # one entry: a file's entries have no fixed order
        tensors["recall"] = np.array(astuple(found.recall), np.float64)
        scores = {f"{record.stem}.scores.parquet": encode_parquet(profile_frame([_recall(layered, found.recall)]))}
    return {f"{record.stem}.safetensors": encode_tensors(tensors, {"metric": told}), **scores}


def _recall(layered: Layered, found: Recall) -> dict[str, Any]:
    half = 1.96 * found.error
    return layered.place.score(
        "neighbor_recall", found.value, n=found.rows, parameters=f"k={found.k}",
        interval=(max(0.0, found.value - half), min(1.0, found.value + half)),
        reason=f"candidates from a count-sketch, {found}",
    )  # fmt: skip


def source_of(layered: Layered) -> np.ndarray | LayerRows:
    """A small layer as it is, a large one block by block: the neighbours have the same bits."""
    rows = layered.row_source()
    return layered.activations() if rows.shape[0] * rows.shape[1] * rows.dtype.itemsize <= HELD_BYTES else rows


def resumable_search(rows: np.ndarray | LayerRows, k: int, *, metric: Metric, unfinished: Path, name: str) -> Neighbors:
    """Search rows, keeping finished tiles in the file `unfinished`; go on from those of the search of this name.

    Raises
    ------
    ArrayError
        As `nucleate.neighbors.knn` does.
    """
    search = KNNSearch(rows, k, metric=metric)
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


def sketched_search(
    rows: np.ndarray | LayerRows, k: int, sketch: Sketch, *, metric: Metric, unfinished: Path, name: str
) -> Neighbors:
    """Search sketches of the rows for candidates, and keep the nearest of these, by their distances in the rows."""
    short = count_sketch(rows, sketch.columns, seed=sketch.seed)
    candidates = resumable_search(short, sketch.candidates, metric="euclidean", unfinished=unfinished, name=name)
    return rerank(rows, candidates, k, metric=metric, checked=sketch.checked, seed=sketch.seed)


def read_neighbors(record: Path, k: int | None = None) -> Neighbors:
    """The neighbours that a neighbour task left: all, or the nearest k."""
    path = record.with_suffix(".safetensors")
    recall = None
    if "recall" in tensor_names(path):
        value, error, rows, of = read_tensor(path, "recall").tolist()
        recall = Recall(value, error, int(rows), int(of))
    found = Neighbors(read_tensor(path, "indices"), read_tensor(path, "distances"), recall=recall)
    return found if k is None else found.first(k)
