"""Profiles along depth made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from nucleate.studies.claims._profiles import LayerProfile


def profile(rows: Any, name: str = "measure", *, layers: str | None = None, depths: Any = None) -> LayerProfile:
    """A row per seed; layers are named by letters and spread evenly over the depth."""
    values = np.array(rows, np.float64)
    count = values.shape[1]
    letters = tuple(layers or "abcdefghijklmnopqrstuvwxyz"[:count])
    return LayerProfile(name, letters, np.linspace(0, 1, count) if depths is None else np.array(depths), values)


def around(curve: Any, name: str = "measure", *, noise: float = 0.01, seeds: int = 3, seed: int = 0) -> LayerProfile:
    """A curve that several seeds follow, up to normal noise."""
    curve = np.array(curve, np.float64)
    return profile(curve + noise * np.random.default_rng(seed).normal(size=(seeds, len(curve))), name)


def wide(curve: Any, name: str = "measure") -> LayerProfile:
    """A curve that two seeds miss by so much that no claim about it can be decided."""
    # Growing faster and faster, so that it cancels in no difference between parts of the depth.
    ramp = 5 * np.linspace(1, 2, len(curve)) ** 3
    return profile([np.array(curve) + ramp, np.array(curve) - ramp], name)
