"""Equally many training images of each class, in draws that share none: repetitions over images."""

from __future__ import annotations

import numpy as np

from nucleate.data import Samples
from nucleate.errors import DataError

SEED = 0
"""Of the order in which the images of a class are drawn."""


def draw_training(samples: Samples, per_class: int, draw: int = 0) -> Samples:
    """The draw-th `per_class` images of each class of the split `train`, in the order of the rows.

    Raises
    ------
    DataError
        When samples have no labels, or a class has too few images for that many draws.
    """
    if not samples.levels:
        raise DataError(f"{samples.name} has no labels to draw by")
    rows = samples.rows("train")
    labels = samples.labels(samples.levels[-1], rows)
    generator = np.random.default_rng(SEED)
    chosen = []
    for name in sorted(set(labels.tolist())):
        own = generator.permutation(rows[labels == name])[draw * per_class : (draw + 1) * per_class]
        if len(own) < per_class:
            raise DataError(
                f"{name} has {(labels == name).sum()} training images in {samples.name}",
                f"{(draw + 1) * per_class} are needed",
            )
        chosen.append(own)
    return samples.take(np.sort(np.concatenate(chosen)))
