"""Mutual kNN alignment of one layer with others, by cosine (Huh et al. 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from nucleate.errors import ArrayError
from nucleate.measures import mutual_knn
from nucleate.neighbors import Neighbors
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.analyses._neighbors import read_neighbors, resumable_search, source_of
from nucleate.pipeline.folder import mean_interval, profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage import digest, encode_parquet, encode_tensors

VERSION = 2
K = 10  # the published number


def cosine_task(layered: Layered, record: Path) -> Task:
    """Leave the nearest neighbours by cosine, or, as text, why there are none: a row of zeros has no direction."""
    depends_on = layered.depends_on("cosine_neighbors", VERSION) | {"k": _k(layered)}
    return Task(
        record, depends_on, partial(_neighbor_files, layered, record, digest(depends_on)), record.with_suffix(".search")
    )


def _k(layered: Layered) -> int:
    return min(K, len(layered.rows) - 1)


def _neighbor_files(layered: Layered, record: Path, fingerprint: str) -> dict[str, bytes]:
    unfinished = record.with_suffix(".search")
    try:
        found = resumable_search(
            source_of(layered), _k(layered), metric="cosine", unfinished=unfinished, name=fingerprint
        )
    except ArrayError as error:
        return {f"{record.stem}.txt": error.what.encode()}
    return {f"{record.stem}.safetensors": encode_tensors({"indices": found.indices, "distances": found.distances})}


def mutual_knn_task(layered: Layered, record: Path, *, own: Task, others: Mapping[str, Task]) -> Task:
    """Leave the scores against the neighbours of other layers ("with=output" or "reference=LAYER")."""
    depends_on = layered.depends_on("mutual_knn", VERSION) | {
        "own": own.fingerprint,
        "others": {name: task.fingerprint for name, task in others.items()},
    }
    records = {name: task.record for name, task in others.items()}
    return Task(record, depends_on, partial(_score_files, layered, record.stem, own.record, records))


def _score_files(layered: Layered, stem: str, own: Path, others: Mapping[str, Path]) -> dict[str, bytes]:
    scores = []
    for name, record in others.items():
        parameters, n = f"k={_k(layered)} cosine {name}", len(layered.rows)
        try:
            found = mutual_knn(_read(own), _read(record))
        except ArrayError as error:
            scores.append(layered.place.score("mutual_knn", None, n=n, parameters=parameters, reason=error.what))
            continue
        interval = mean_interval(found.per_sample)
        scores.append(
            layered.place.score(
                "mutual_knn", found.value, n=n, parameters=parameters, interval=interval, chance=found.chance
            )
        )
    return {f"{stem}.scores.parquet": encode_parquet(profile_frame(scores))}


def _read(record: Path) -> Neighbors:
    reason = record.with_suffix(".txt")
    if reason.exists():
        raise ArrayError(reason.read_text("utf-8"), "")
    return read_neighbors(record)
