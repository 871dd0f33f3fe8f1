"""Similarity of one layer with others as kernels: CKA, linear and Gaussian (Doimo et al. 2020, Figure A.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nucleate.errors import ArrayError
from nucleate.measures import BANDWIDTHS, KernelAlignment, kernel_alignment
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.folder import profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_parquet

VERSION = 1
KERNELS = ("linear", *(f"gaussian bandwidth={bandwidth:g}" for bandwidth in BANDWIDTHS))


def alignment_task(layered: Layered, record: Path, *, others: Mapping[str, Layered]) -> Task:
    """Leave the scores: for each kernel, biased with its permutation mean as chance level, and debiased.

    Parameters
    ----------
    layered, record
        The layer, its rows being those to use, and where the commit record goes.
    others : dict
        "with=output" or "reference=LAYER" -> the layer to compare with, of the same rows.
    """
    depends_on = layered.depends_on("cka", VERSION) | {
        "others": {name: other.depends_on("cka", VERSION) for name, other in others.items()},
        "bandwidths": list(BANDWIDTHS),
    }
    return Task(record, depends_on, partial(_files, layered, record.stem, dict(others)))


def _files(layered: Layered, stem: str, others: Mapping[str, Layered]) -> dict[str, bytes]:
    own = layered.activations()
    scores = []
    for name, other in others.items():
        theirs = other.activations()
        for kernel in ("linear", "gaussian"):
            kernels = [told for told in KERNELS if told.startswith(kernel)]
            try:
                found = kernel_alignment(own, theirs, kernel=kernel)
            except ArrayError as error:
                scores += [_unscored(layered, f"{told} {name}", error.what) for told in kernels]
                continue
            for told, alignment in zip(kernels, found, strict=True):
                scores += _scored(layered, told, name, alignment)
    return {f"{stem}.scores.parquet": encode_parquet(profile_frame(scores))}


def _scored(layered: Layered, kernel: str, name: str, found: KernelAlignment) -> Iterator[dict[str, Any]]:
    n = len(layered.rows)
    told = None
    if found.deviation > 0:
        told = f"{(found.value - found.chance) / found.deviation:.1f} deviations of the permutation null above its mean"
    yield layered.place.score("cka", found.value, n=n, parameters=f"{kernel} {name}", chance=found.chance, reason=told)
    without = None if found.debiased is not None else "the kernel has no variance beyond its diagonal"
    yield layered.place.score(
        "cka", found.debiased, n=n, parameters=f"{kernel} debiased {name}", chance=0.0, reason=without
    )


def _unscored(layered: Layered, parameters: str, reason: str) -> dict[str, Any]:
    return layered.place.score("cka", None, n=len(layered.rows), parameters=parameters, reason=reason)
