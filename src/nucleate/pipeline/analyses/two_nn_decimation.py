"""Intrinsic dimension of one layer on ever sparser samples: at ever larger scales (Facco et al. 2017)."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

from nucleate.errors import ArrayError
from nucleate.measures import scale_profile
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.folder import profile_frame
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_parquet

VERSION = 1
SPARSEST = 50  # samples in each part
MOST_HALVINGS = 6


def scale_task(layered: Layered, record: Path, *, seed: int) -> Task:
    """Leave the two-NN likelihood for 1, 1/2, 1/4 ... of the samples, down to about 50."""
    depends_on = layered.depends_on("scale_profile", VERSION) | {"seed": seed}
    return Task(record, depends_on, partial(_files, layered, record.stem, seed))


def _files(layered: Layered, stem: str, seed: int) -> dict[str, bytes]:
    n = len(layered.rows)
    halvings = min(MOST_HALVINGS, max(0, int(math.log2(n / SPARSEST)) if n > SPARSEST else 0))
    try:
        found = scale_profile(layered.activations(), halvings=halvings, seed=seed)
    except ArrayError as error:
        scores = [
            layered.place.score(
                "intrinsic_dimension", None, n=n, parameters="two-nn likelihood part=1", reason=error.what
            )
        ]
    else:
        scores = [
            layered.place.score(
                "intrinsic_dimension", step.value, n=step.n, interval=(step.low, step.high),
                parameters=f"two-nn likelihood part={2.0**-place:g}",
                reason=f"mean distance to the second neighbour {step.scale:.6g}",
            )
            for place, step in enumerate(found)
        ]  # fmt: skip
    return {f"{stem}.scores.parquet": encode_parquet(profile_frame(scores))}
