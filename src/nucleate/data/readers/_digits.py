"""The built-in samples: 1,797 real handwritten digits of 8 x 8 pixels (Alpaydin & Kaynak, UCI, 1998)."""

from __future__ import annotations

from typing import Any

import numpy as np

from nucleate.data._samples import Samples
from nucleate.data.readers._arrays import from_arrays
from nucleate.labels import Hierarchy

SHAPES = {"loops": ("0", "6", "8", "9"), "strokes": ("1", "4", "7"), "curves": ("2", "3", "5")}
"""A natural-looking hierarchy: digits with closed loops, of straight strokes, of open curves."""


def digits(*, hierarchy: Hierarchy | None = None, held_out: float = 0.4, seed: int = 0) -> Samples:
    """The handwritten digits that come with scikit-learn.

    Parameters
    ----------
    hierarchy : Hierarchy, optional
        A tree whose leaves are "0" ... "9"; default `SHAPES`: loops, strokes and curves.
    held_out : float
        The share of each digit that forms the split `validation`; the rest is `train`, which comes first.
    seed : int
        Which samples are held out.

    Examples
    --------
    >>> digits()
    Samples('digits': 1078 train, 719 validation; Hierarchy(superclass 3 > subclass 10))
    """
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    generator = np.random.default_rng(seed)
    is_held_out = np.zeros(len(bunch.target), bool)
    for digit in range(10):
        rows = np.flatnonzero(bunch.target == digit)
        is_held_out[generator.permutation(rows)[: round(held_out * len(rows))]] = True
    order = np.argsort(is_held_out, kind="stable")
    return from_arrays(
        np.rint(bunch.images[order] * (255 / 16)).astype(np.uint8),
        [str(digit) for digit in bunch.target[order]],
        hierarchy=hierarchy or natural_digits(),
        split=["validation" if held else "train" for held in is_held_out[order]],
        ids=[f"digit-{row:04d}" for row in order],
        name="digits",
    )


def natural_digits() -> Hierarchy:
    """The hierarchy `SHAPES` of the ten digits."""
    return Hierarchy.from_paths([f"{shape}/{digit}" for shape, members in SHAPES.items() for digit in members])
