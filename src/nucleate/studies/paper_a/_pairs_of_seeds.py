"""Agreement between the clusters that runs from several seeds find in the same samples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import polars as pl
from jaxtyping import Float

from nucleate.pipeline import Run, compare
from nucleate.studies._evidence import Evidence, hidden_layers
from nucleate.studies.claims import LayerProfile
from nucleate.studies.paper_a._cluster_scores import hidden

PAIRS = "pairs of seeds"
FACTOR = 1
"""As many clusters as there are subclasses."""


def agreement(evidence: Evidence, condition: str) -> LayerProfile:
    """ARI between clusters of each pair of seeds at each hidden layer, mean over superclasses; a row for each pair."""
    runs = evidence.of(condition)
    layers = hidden_layers(runs)
    found = compare(runs, factor=FACTOR, layers="same").filter(pl.col("layer").is_in(layers))
    depths = dict(runs[0].layers.select("name", "depth").iter_rows())
    tables = [_of_pair(found, pair) for pair in combinations(runs, 2)]
    values = [dict(table.select("layer", "ari").iter_rows()) for table in tables]
    return hidden(
        LayerProfile(
            f"ARI between seeds, {condition}",
            tuple(layers),
            np.array([depths[layer] for layer in layers]),
            np.array([[row[layer] for layer in layers] for row in values]),
            PAIRS,
        )
    )


def layer_pairs(runs: Sequence[Run]) -> Float[np.ndarray, "pairs layers layers"]:
    """ARI between every layer of one run and every layer of another, for each pair of runs; layers as `hidden_layers`.

    Cost: O(pairs of runs * layers^2 * samples).
    """
    layers = hidden_layers(runs)
    found = compare(runs, factor=FACTOR)
    values = []
    for pair in combinations(runs, 2):
        known = {(one, other): ari for one, other, ari in
                 _of_pair(found, pair).select("layer", "other_layer", "ari").iter_rows()}  # fmt: skip
        values.append([[known[one, other] for other in layers] for one in layers])
    return np.array(values, dtype=np.float64)


def _of_pair(found: pl.DataFrame, pair: tuple[Run, Run]) -> pl.DataFrame:
    one, other = (str(run.root) for run in pair)
    return found.filter((pl.col("run") == one) & (pl.col("other_run") == other))


def each_repetition(profile: LayerProfile, names: Sequence[str]) -> list[LayerProfile]:
    """Every repetition as a profile of its own, for drawing.

    Examples
    --------
    >>> both = LayerProfile("AMI", ("a",), np.array([0.0]), np.array([[0.1], [0.2]]))
    >>> [one.name for one in each_repetition(both, ["seed 0", "seed 1"])]
    ['seed 0', 'seed 1']
    """
    return [
        LayerProfile(name, profile.layers, profile.depths, row[None])
        for name, row in zip(names, profile.values, strict=True)
    ]
