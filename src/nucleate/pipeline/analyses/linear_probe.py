"""A linear probe on one layer: fitted on the training split, counted on the evaluation split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from nucleate.measures import linear_probe
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.folder import profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage import digest_array, encode_parquet

VERSION = 1


@dataclass(frozen=True)
class TrainingRows:
    """The readable rows of the training split.

    Attributes
    ----------
    rows : (n,) int64
        Their numbers.
    labels : dict
        Level -> class name of each.
    """

    rows: np.ndarray
    labels: Mapping[str, np.ndarray]


def linear_probe_task(
    layered: Layered, record: Path, *, training: TrainingRows, levels: Sequence[str], seed: int
) -> Task:
    """Leave each analysed sample's predicted classes (Parquet) and the accuracies.

    Parameters
    ----------
    layered, record
        The layer and where the commit record goes.
    training : TrainingRows
        What the probe is fitted on.
    levels : sequence of str
        Label levels to predict.
    seed : int
        Draws the part of the training split on which the penalty is chosen.
    """
    store, name = layered.store, layered.place.layer
    depends_on = layered.depends_on("linear_probe", VERSION) | {
        "training": store.layer_digest(name, store.blocks_of(training.rows)),
        "training_rows": digest_array(training.rows),
        "training_labels": [digest_array(training.labels[level].astype("U")) for level in levels],
        "labels": layered.label_digests(levels),
        "seed": seed,
    }
    return Task(record, depends_on, partial(_files, layered, record.stem, training, tuple(levels), seed))


def _files(layered: Layered, stem: str, training: TrainingRows, levels: tuple[str, ...], seed: int) -> dict[str, bytes]:
    fitted_on = layered.store.read(layered.place.layer, training.rows)
    counted_on = layered.activations()
    scores, samples = [], {"row": pl.Series(layered.rows)}
    for level in levels:
        found = linear_probe(fitted_on, training.labels[level], counted_on, layered.labels[level], seed=seed)
        samples[f"predicted_{level}"] = pl.Series(found.predictions.astype(str))
        told = f"penalty {found.strength:.3g} chosen on a held-out part of {len(training.rows)} training samples"
        if found.unseen:
            told += f"; {len(found.unseen)} classes are missing from training and count as errors"
        scores.append(
            layered.place.score(
                "linear_probe", found.accuracy, n=len(layered.rows), level=level, interval=found.interval,
                chance=found.chance, reason=told if found.converged else f"{told}; not converged",
            )
        )  # fmt: skip
    return {
        f"{stem}.parquet": encode_parquet(pl.DataFrame(samples)),
        f"{stem}.scores.parquet": encode_parquet(profile_frame(scores)),
    }
