"""Image entropy of one layer's neighbourhoods and hubs (Doimo et al. 2020, Figure 3)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from nucleate.measures import hubness, neighborhood_entropy
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.analyses._neighbors import read_neighbors
from nucleate.pipeline.folder import mean_interval, profile_frame
from nucleate.pipeline.rows import read_entropies
from nucleate.pipeline.tasks import Task
from nucleate.storage import encode_parquet

VERSION = 1
HUB_SHARE, FEWEST_HUBS = 0.01, 10


def entropy_task(layered: Layered, record: Path, *, own: Task, images: Sequence[Task], k: int) -> Task:
    """Leave the scores: mean entropy of neighbourhoods against shuffled neighbours, of hubs against all others.

    Parameters
    ----------
    layered, record
        The layer and where the commit record goes.
    own : Task
        The layer's neighbours.
    images : sequence of Task
        What leaves the entropy of each image.
    k : int
        Neighbours.
    """
    depends_on = layered.depends_on("entropy", VERSION) | {
        "own": own.fingerprint,
        "images": [task.fingerprint for task in images],
        "k": k,
    }
    work = partial(_files, layered, record.stem, own.record, [task.record for task in images], k)
    return Task(record, depends_on, work)


def _files(layered: Layered, stem: str, own: Path, images: Sequence[Path], k: int) -> dict[str, bytes]:
    neighbors = read_neighbors(own, k)
    entropy = read_entropies(images)["entropy"].to_numpy()
    found = neighborhood_entropy(neighbors, entropy)
    around = layered.place.score(
        "neighborhood_entropy", found.value, n=neighbors.n, parameters=f"k={k}",
        interval=mean_interval(found.per_sample), chance=found.shuffled,
        reason=f"standard deviation with shuffled images {found.shuffled_deviation:.3g}",
    )  # fmt: skip
    top = min(neighbors.n - 1, max(FEWEST_HUBS, round(HUB_SHARE * neighbors.n)))
    hubs = hubness(neighbors, top=top).hubs
    others = np.delete(entropy, hubs)
    hub = layered.place.score(
        "hub_entropy", float(entropy[hubs].mean()), n=top, parameters=f"k={k} top={top}",
        interval=mean_interval(entropy[hubs]), chance=float(others.mean()),
    )  # fmt: skip
    return {f"{stem}.scores.parquet": encode_parquet(profile_frame([around, hub]))}
