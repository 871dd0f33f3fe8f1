"""Overlap of one layer's neighbourhoods with other layers' and with the labels (Doimo et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nucleate.measures import Overlap, label_overlap, overlap
from nucleate.neighbors import Neighbors
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.analyses._neighbors import read_neighbors
from nucleate.pipeline.folder import mean_interval, profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_parquet

VERSION = 2


@dataclass(frozen=True)
class Counting:
    """Of how many neighbours overlaps are taken.

    Attributes
    ----------
    k : int
        The number for which each sample's overlap is kept.
    more : tuple of int
        Further numbers, for which only means are told.
    class_fraction : float or None
        Share of a class' size that is its number of neighbours, for label overlap of the level `fraction_of`.
    fraction_of : str or None
    mark : str
        What is added to the parameters of every score.
    """

    k: int
    more: tuple[int, ...] = ()
    class_fraction: float | None = None
    fraction_of: str | None = None
    mark: str = ""

    @property
    def every(self) -> tuple[int, ...]:
        """All numbers, the main one first."""
        return (self.k, *(k for k in self.more if k != self.k))


def overlap_task(
    layered: Layered,
    record: Path,
    *,
    own: Task,
    others: Mapping[str, Task],
    levels: Sequence[str],
    within: str | None,
    counting: Counting,
) -> Task:
    """Leave each sample's overlaps (Parquet) and the scores.

    Parameters
    ----------
    layered, record
        The layer and where the commit record goes.
    own : Task
        The layer's neighbours.
    others : dict
        "with=output", "with=input", "with=next" or "reference=LAYER" -> neighbours to compare with.
    levels : sequence of str
        Label levels to compare with.
    within : str or None
        Superclass level: label overlaps are also told for each of its classes.
    counting : Counting
        Numbers of neighbours.
    """
    depends_on = layered.depends_on("overlaps", VERSION) | {
        "own": own.fingerprint,
        "others": {name: task.fingerprint for name, task in others.items()},
        "labels": layered.label_digests(levels),
        "within": [within, *layered.label_digests([within])] if within else None,
        "counting": [list(counting.every), counting.class_fraction, counting.fraction_of, counting.mark],
    }
    records = {name: task.record for name, task in others.items()}
    work = partial(_files, layered, record.stem, own.record, records, tuple(levels), within, counting)
    return Task(record, depends_on, work)


def _files(
    layered: Layered, stem: str, own: Path, others: Mapping[str, Path], levels: tuple[str, ...], within: str | None,
    counting: Counting,
) -> dict[str, bytes]:  # fmt: skip
    neighbors = read_neighbors(own)
    scores: list[dict[str, Any]] = []
    samples = {"row": pl.Series(layered.rows)}
    for name, record in others.items():
        theirs = read_neighbors(record)
        for k in counting.every:
            found = overlap(neighbors.first(k), theirs.first(k))
            scores.append(_score(layered, "overlap", found, parameters=f"k={k} {name}{counting.mark}"))
            if k == counting.k:
                samples[f"overlap_{name.removeprefix('with=')}"] = pl.Series(found.per_sample)
    for level in levels:
        for measure, parameters, found in _label_overlaps(neighbors, layered.labels[level], level, counting):
            scores.append(_score(layered, measure, found, parameters=parameters + counting.mark, level=level))
        main = label_overlap(neighbors.first(counting.k), layered.labels[level])
        samples[f"label_overlap_{level}"] = pl.Series(main.per_sample)
        if within is not None:
            scores += _by_group(layered, main.per_sample, level=level, within=within, k=counting.k)
    return {
        f"{stem}.parquet": encode_parquet(pl.DataFrame(samples)),
        f"{stem}.scores.parquet": encode_parquet(profile_frame(scores)),
    }


def _label_overlaps(
    neighbors: Neighbors, labels: np.ndarray, level: str, counting: Counting
) -> Iterator[tuple[str, str, Overlap]]:
    """Measure, parameters and overlap for each number of neighbours; with classes alike where their sizes differ."""
    unequal = len(set(np.unique(labels, return_counts=True)[1].tolist())) > 1
    graphs: dict[str, tuple[Neighbors, float | None]] = {f"k={k}": (neighbors.first(k), None) for k in counting.every}
    if counting.class_fraction is not None and level == counting.fraction_of:
        graphs[f"fraction={counting.class_fraction:g}"] = neighbors, counting.class_fraction
    for parameters, (graph, fraction) in graphs.items():
        yield "label_overlap", parameters, label_overlap(graph, labels, class_fraction=fraction)
        if unequal:
            balanced = label_overlap(graph, labels, weights="class", class_fraction=fraction)
            yield "balanced_label_overlap", parameters, balanced


def _score(
    layered: Layered, measure: str, found: Overlap, *, parameters: str, level: str | None = None
) -> dict[str, Any]:
    alike = measure != "balanced_label_overlap"  # else the interval of a plain mean is not that of this one
    return layered.place.score(
        measure, found.value, n=len(found.per_sample), level=level, parameters=parameters, chance=found.chance,
        interval=mean_interval(found.per_sample) if alike else None,
    )  # fmt: skip


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
