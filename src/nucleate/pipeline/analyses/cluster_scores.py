"""Clusters inside each superclass, scored against its subclasses (Nguyen & Kornblith 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nucleate.clusters import normalized, ward
from nucleate.measures import ami, ari, purity, purity_baseline
from nucleate.pipeline.profile import Place, mean_interval

MEASURES = ("purity", "ami", "ari")


@dataclass
class GroupClusters:
    """Ward clusters of every group of one layer.

    Attributes
    ----------
    labels : dict
        Factor -> (n,) int32, the cluster of each sample inside its group; -1 where the group could not be cut so.
    linkages : dict
        Group -> (members - 1, 4) float64, scipy's format.
    scores : list
        Rows of the profile.
    """

    labels: dict[int, np.ndarray]
    linkages: dict[str, np.ndarray] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)


def cluster_groups(
    X: np.ndarray,
    groups: np.ndarray,
    subclasses: np.ndarray,
    *,
    factors: Sequence[int],
    seed: int,
    level: str,
    place: Place,
) -> GroupClusters:
    """Cluster the samples of each group and compare the clusters with its subclasses.

    Rows are divided by their Euclidean norm; one Ward tree per group serves every factor; factor f cuts it into
    f * (number of subclasses) clusters.

    Parameters
    ----------
    X : (n, d) float
        Activations of one layer.
    groups : (n,) str
        Superclass of each sample.
    subclasses : (n,) str
        Subclass of each sample.
    factors : sequence of int
        Overclustering factors.
    seed : int
        Seed of purity's permutation baseline.
    level : str
        Name of the subclass level, for the profile.
    place : Place
        The layer's columns in the profile.
    """
    found = GroupClusters({factor: np.full(len(X), -1, np.int32) for factor in factors})
    ties: list[int] = []
    for group in np.unique(groups):
        inside = np.flatnonzero(groups == group)
        own = subclasses[inside]
        kinds = len(np.unique(own))
        tree = ward(normalized(X[inside], "unit"))
        found.linkages[str(group)] = tree.linkage
        ties.append(tree.ties)
        found.scores.append(
            place.score("tied_merges", tree.ties, n=len(inside), level=level, group=str(group), normalization="unit")
        )
        for factor in factors:
            reason = _why_not(len(inside), kinds, factor)
            if kinds * factor <= len(inside):
                found.labels[factor][inside] = tree.cut(kinds * factor)
            found.scores += _group_scores(
                own, None if reason else found.labels[factor][inside], reason=reason, n=len(inside), level=level,
                group=str(group), parameters=f"factor={factor}", place=place, seed=seed,
            )  # fmt: skip
    found.scores += _means(found.scores, level, [f"factor={factor}" for factor in factors], place)
    found.scores.append(place.score("tied_merges", sum(ties), n=len(X), level=level, normalization="unit"))
    return found


def _why_not(members: int, kinds: int, factor: int) -> str | None:
    if kinds < 2:
        return "only one subclass: any clustering would score 1"
    if kinds * factor > members:
        return f"{kinds * factor} clusters of {members} samples"
    return None


def _group_scores(
    subclasses: np.ndarray, clusters: np.ndarray | None, *, reason: str | None, seed: int, place: Place, **columns: Any
) -> list[dict[str, Any]]:
    if clusters is None:
        return [place.score(name, None, reason=reason, normalization="unit", **columns) for name in MEASURES]
    baseline = purity_baseline(subclasses, clusters, seed=seed)
    values = (purity(subclasses, clusters), ami(subclasses, clusters), ari(subclasses, clusters))
    chances = (baseline, 0.0, 0.0)
    return [
        place.score(name, value, chance=chance, normalization="unit", **columns)
        for name, value, chance in zip(MEASURES, values, chances, strict=True)
    ]


def _means(scores: list[dict[str, Any]], level: str, parameters: Sequence[str], place: Place) -> list[dict[str, Any]]:
    """The unweighted mean over superclasses; those without a value are left out and named."""
    means = []
    for name in MEASURES:
        for setting in parameters:
            of_setting = [row for row in scores if row["measure"] == name and row["parameters"] == setting]
            scored = [row for row in of_setting if row["value"] is not None]
            left_out = [f"{row['group']} ({row['reason']})" for row in of_setting if row["value"] is None]
            values = np.array([row["value"] for row in scored])
            means.append(
                place.score(
                    name,
                    float(values.mean()) if len(values) else None,
                    n=len(scored),
                    level=level,
                    parameters=setting,
                    interval=mean_interval(values),
                    chance=float(np.mean([row["chance"] for row in scored])) if scored else None,
                    normalization="unit",
                    reason=f"left out: {'; '.join(left_out)}" if left_out else None,
                )
            )
    return means
