"""The nearest neighbours of every sample at one layer: other analyses read them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from nucleate.neighbors import Neighbors, knn
from nucleate.pipeline.analyses.layered import Layered
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_tensors, read_tensor

VERSION = 1


def neighbor_task(layered: Layered, record: Path, *, k: int) -> Task:
    """Leave `indices` and `distances`, (n, k), and the `rows` that the indices number."""
    depends_on = layered.depends_on("neighbors", VERSION) | {"k": k, "metric": "euclidean"}
    return Task(record, depends_on, partial(_files, layered, record.stem, k))


def _files(layered: Layered, stem: str, k: int) -> dict[str, bytes]:
    found = knn(layered.activations(), k=k)
    tensors = {"indices": found.indices, "distances": found.distances, "rows": layered.rows}
    return {f"{stem}.safetensors": encode_tensors(tensors, {"metric": found.metric})}


def read_neighbors(record: Path) -> Neighbors:
    """The neighbours that a neighbour task left."""
    path = record.with_suffix(".safetensors")
    return Neighbors(indices=read_tensor(path, "indices"), distances=read_tensor(path, "distances"))
