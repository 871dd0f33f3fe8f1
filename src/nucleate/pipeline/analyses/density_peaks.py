"""The landscape of density at one layer: intrinsic dimension, hubs, density peaks (Doimo et al. 2020)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nucleate.clusters import Peaks, density_peaks
from nucleate.errors import ArrayError
from nucleate.measures import IntrinsicDimension, ari, gride, hubness, two_nn
from nucleate.neighbors import Neighbors
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.analyses._neighbors import read_neighbors
from nucleate.pipeline.folder import profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_parquet

VERSION = 2
FRACTIONS = (0.9, 0.95)  # of the smallest distance ratios: as published, and as in the published notebook


def landscape_task(layered: Layered, record: Path, *, own: Task, k: int, levels: Sequence[str], z: float) -> Task:
    """Leave each sample's occurrence, density and peak, each peak with its majority labels, the saddles, the scores.

    Parameters
    ----------
    layered, record
        The layer and where the commit record goes.
    own : Task
        The layer's neighbours.
    k : int
        How many of them.
    levels : sequence of str
        Label levels that peaks are compared with.
    z : float
        Confidence of a peak.
    """
    depends_on = layered.depends_on("landscape", VERSION) | {
        "own": own.fingerprint,
        "labels": layered.label_digests(levels),
        "z": z,
        "k": k,
    }
    return Task(record, depends_on, partial(_files, layered, record.stem, own.record, k, tuple(levels), z))


def _files(layered: Layered, stem: str, own: Path, k: int, levels: tuple[str, ...], z: float) -> dict[str, bytes]:
    neighbors = read_neighbors(own, k)
    hubs = hubness(neighbors)
    samples = pl.DataFrame({"row": layered.rows, "occurrence": hubs.occurrence})
    scores = [
        *_dimension_scores(layered, neighbors),
        layered.place.score("hubness", hubs.skewness, n=neighbors.n, parameters=f"k={neighbors.k}"),
    ]
    files = {}
    try:
        peaks = density_peaks(neighbors, z=z)
    except ArrayError as error:  # more copies than neighbours, all distances equal: said in the profile
        parameters = f"k={neighbors.k} z={z:g}"
        scores.append(layered.place.score("peaks", None, n=neighbors.n, parameters=parameters, reason=error.what))
    else:
        samples = samples.with_columns(
            pl.Series("log_density", peaks.log_density), pl.Series("peak", peaks.labels), pl.Series("halo", peaks.halo)
        )
        files[f"{stem}.peaks.parquet"] = encode_parquet(_peak_table(layered, peaks, levels))
        files[f"{stem}.saddles.parquet"] = encode_parquet(_saddle_table(peaks))
        scores += _peak_scores(layered, peaks, levels, parameters=f"k={peaks.k} z={z:g}")
    return {
        **files,
        f"{stem}.parquet": encode_parquet(samples),
        f"{stem}.scores.parquet": encode_parquet(profile_frame(scores)),
    }


def _dimension_scores(layered: Layered, neighbors: Neighbors) -> Iterator[dict[str, Any]]:
    """Two-NN by both fractions and by likelihood, and Gride at ranks 2, 4, 8 ... as far as the neighbours reach."""
    estimates: dict[str, Callable[[], IntrinsicDimension]] = {
        f"two-nn fraction={fraction}": partial(two_nn, neighbors, fraction=fraction) for fraction in FRACTIONS
    }
    estimates["two-nn likelihood"] = partial(two_nn, neighbors, method="likelihood")
    rank = 2
    while 2 * rank <= neighbors.k:
        estimates[f"gride rank={rank}"] = partial(gride, neighbors, rank=rank)
        rank *= 2
    for parameters, estimate in estimates.items():
        try:
            found = estimate()
        except ArrayError as error:
            yield layered.place.score(
                "intrinsic_dimension", None, n=neighbors.n, parameters=parameters, reason=error.what
            )
            continue
        told = f"mean distance to the farther neighbour {found.scale:.6g}"
        if found.excluded:
            told += f"; {found.excluded} samples with duplicates left out"
        yield layered.place.score(
            "intrinsic_dimension", found.value, n=found.n, parameters=parameters, interval=(found.low, found.high),
            reason=told,
        )  # fmt: skip


def _peak_scores(layered: Layered, peaks: Peaks, levels: Sequence[str], parameters: str) -> list[dict[str, Any]]:
    told = f"threshold {peaks.threshold:.4g} in log density, dimension {peaks.dimension:.4g}"
    count = layered.place.score("peaks", len(peaks.centers), n=peaks.n, parameters=parameters, reason=told)
    return [
        count,
        *(
            layered.place.score(
                "peak_ari", ari(layered.labels[level], peaks.labels), n=peaks.n, level=level, parameters=parameters,
                chance=0.0,
            )
            for level in levels
        ),
    ]  # fmt: skip


def _peak_table(layered: Layered, peaks: Peaks, levels: Sequence[str]) -> pl.DataFrame:
    """One row per peak: its sample, population, log density, and the most frequent class of each level."""
    columns = {
        "peak": np.arange(len(peaks.centers)),
        "row": layered.rows[peaks.centers],
        "population": peaks.populations,
        "log_density": peaks.log_density[peaks.centers],
    }
    table = pl.DataFrame(columns)
    for level in levels:
        classes, codes = np.unique(layered.labels[level], return_inverse=True)
        counts = np.zeros((len(peaks.centers), len(classes)), np.int64)
        np.add.at(counts, (peaks.labels, codes), 1)
        table = table.with_columns(
            pl.Series(f"majority_{level}", classes[counts.argmax(axis=1)].astype(str)),
            pl.Series(f"purity_{level}", counts.max(axis=1) / peaks.populations),
        )
    return table


def _saddle_table(peaks: Peaks) -> pl.DataFrame:
    """One row per pair of peaks that touch: the log density of the saddle between them."""
    first, second = peaks.saddles.pairs.T
    return pl.DataFrame({"peak": first, "other": second, "log_density": peaks.saddles.log_density})
