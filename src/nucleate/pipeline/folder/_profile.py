"""The profile: every number a run found, one row each, in one table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from nucleate.measures import MEASURES

PROFILE_SCHEMA: dict[str, type[pl.DataType]] = {
    "layer": pl.String,
    "depth": pl.Float64,
    "epoch": pl.Int64,
    "seed": pl.Int64,
    "split": pl.String,
    "pool": pl.String,
    "normalization": pl.String,
    "measure": pl.String,
    "level": pl.String,
    "group": pl.String,
    "parameters": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "chance": pl.Float64,
    "n": pl.Int64,
    "reason": pl.String,
}
"""Column -> type.

`group` is a superclass, or null for all samples (cluster scores: the unweighted mean over superclasses). `low` and
`high` are a 95 % normal interval, cut at the measure's bounds. `n` counts what `value` is a mean over: samples, or
superclasses. A null `value` has its `reason`.

`parameters` tells what else a value depends on, words separated by spaces:

- `factor=F` (clusters): F times as many clusters as classes.
- `k=K` (overlaps, hubs, peaks, entropy): number of neighbours; `fraction=F`: that share of the sample's class instead.
- `with=output`, `with=input`, `with=next` (the next layer in execution order), `reference=LAYER`: compared with.
- `subsample=S`: of the share S of the samples, at the same ratio of classes to samples per class.
- `z=Z` (peaks): confidence.
- `two-nn fraction=F`, `two-nn likelihood`, `gride rank=R` (intrinsic dimension); `part=P`: within parts of the share P.
- `linear`, `gaussian bandwidth=B`, each also `debiased` (CKA).
- `cosine` (mutual kNN); `top=T` (entropy of hubs): of the T samples that lie in most neighbourhoods.
"""

_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Place:
    """Where in a run a score belongs: the columns that all scores of one layer share."""

    layer: str
    depth: float
    split: str
    pool: str

    def score(
        self,
        measure: str,
        value: float | None,
        *,
        n: int,
        level: str | None = None,
        group: str | None = None,
        parameters: str = "",
        interval: tuple[float, float] | None = None,
        chance: float | None = None,
        normalization: str = "none",
        reason: str | None = None,
    ) -> dict[str, Any]:
        """One row of the profile."""
        low, high = _within_bounds(measure, interval) if interval else (None, None)
        return {
            "layer": self.layer, "depth": self.depth, "epoch": None, "seed": None, "split": self.split,
            "pool": self.pool, "normalization": normalization, "measure": measure, "level": level, "group": group,
            "parameters": parameters, "value": value, "low": low, "high": high, "chance": chance, "n": n,
            "reason": reason,
        }  # fmt: skip


def _within_bounds(measure: str, interval: tuple[float, float]) -> tuple[float, float]:
    """A normal interval knows nothing of a measure's range: what lies outside cannot be meant."""
    info = MEASURES.get(measure)
    lowest = -math.inf if info is None or info.low is None else info.low
    highest = math.inf if info is None or info.high is None else info.high
    return max(interval[0], lowest), min(interval[1], highest)


def profile_frame(scores: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Scores as a table with the profile's columns."""
    return pl.DataFrame(list(scores), schema=PROFILE_SCHEMA, orient="row")


def mean_interval(values: np.ndarray) -> tuple[float, float] | None:
    """The 95 % normal interval of a mean, from the standard error; None for fewer than two values."""
    if len(values) < 2:
        return None
    mean, half = float(np.mean(values)), _NORMAL_95 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean - half, mean + half
