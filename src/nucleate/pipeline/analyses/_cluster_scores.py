"""Clusters inside each superclass, scored against its subclasses (Nguyen & Kornblith 2023)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from nucleate.clusters import ALGORITHMS, Linkage, Normalization, Tree, linkage_of_distances, ward
from nucleate.measures import ami, ari, purity, purity_baseline
from nucleate.pipeline.folder import Place, mean_interval

MEASURES = ("purity", "ami", "ari")
Score = Callable[..., dict[str, Any]]


@dataclass
class GroupClusters:
    """Clusters of every group of one layer.

    Attributes
    ----------
    labels : dict
        Column (`factor_2` for Ward, `average_factor_2` for others) -> (n,) int32, the cluster of each sample inside its
        group; -1 where the group could not be cut so.
    linkages : dict
        Group -> (members - 1, 4) float64, Ward's tree in scipy's format.
    scores : list
        Rows of the profile.
    """

    labels: dict[str, np.ndarray] = field(default_factory=dict)
    linkages: dict[str, np.ndarray] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Clustering:
    """How samples are clustered: algorithms (Ward always), normalisation of rows, overclustering factors, seed."""

    algorithms: tuple[str, ...]
    normalization: Normalization
    factors: tuple[int, ...]
    seed: int

    def settings(self) -> list[tuple[str, int]]:
        """Every algorithm with every factor."""
        return [(algorithm, factor) for algorithm in self.algorithms for factor in self.factors]


class Members(Protocol):
    """The samples of one group, ready to be clustered."""

    def tree(self) -> Tree:
        """Ward's."""

    def cut(self, algorithm: Any, counts: list[int], *, seed: int) -> np.ndarray:
        """Another algorithm's labels for each number of clusters, (cuts, n) int32."""


@dataclass(frozen=True)
class Rows:
    """Samples as rows, normalised already."""

    values: np.ndarray

    def tree(self) -> Tree:
        return ward(self.values)

    def cut(self, algorithm: str, counts: list[int], *, seed: int) -> np.ndarray:
        found: np.ndarray = ALGORITHMS[algorithm].cluster(self.values, counts, seed=seed)
        return found


@dataclass(frozen=True)
class Distances:
    """Samples of which the squared distances are known; linkages need no more."""

    squared: np.ndarray

    def tree(self) -> Tree:
        return linkage_of_distances(self.squared)

    def cut(self, algorithm: Linkage, counts: list[int], *, seed: int) -> np.ndarray:
        return linkage_of_distances(self.squared, algorithm).cut(counts)


def column(algorithm: str, factor: int) -> str:
    """The name of a clustering in tables of samples."""
    return f"factor_{factor}" if algorithm == "ward" else f"{algorithm}_factor_{factor}"


def parameters(algorithm: str, factor: int) -> str:
    """The name of a clustering in the profile."""
    return f"factor={factor}" if algorithm == "ward" else f"factor={factor} algorithm={algorithm}"


def cluster_groups(
    members: Callable[[str, np.ndarray], Members], groups: np.ndarray, subclasses: np.ndarray, *,
    how: Clustering, level: str, place: Place,
) -> GroupClusters:  # fmt: skip
    """Cluster the samples of each group and compare the clusters with its subclasses.

    One tree per group serves every factor; factor f cuts it into f * (number of subclasses) clusters.

    Parameters
    ----------
    members : callable
        Of a group's name and the places of its samples, what is clustered.
    groups : (n,) str
        Superclass of each sample.
    subclasses : (n,) str
        Subclass of each sample.
    how : Clustering
        What to do; the seed is that of k-means and of purity's permutation baseline.
    level : str
        Name of the subclass level, for the profile.
    place : Place
        The layer's columns in the profile.
    """
    found = GroupClusters({column(*setting): np.full(len(groups), -1, np.int32) for setting in how.settings()})
    score = partial(place.score, level=level, normalization=how.normalization)
    ties = 0
    for group in np.unique(groups):
        inside = np.flatnonzero(groups == group)
        own = subclasses[inside]
        kinds = len(np.unique(own))
        samples = members(str(group), inside)
        tree = samples.tree()
        ties += tree.ties
        found.linkages[str(group)] = tree.linkage
        found.scores.append(score("tied_merges", tree.ties, n=len(inside), group=str(group)))
        possible = [factor for factor in how.factors if kinds * factor <= len(inside)]
        for algorithm in how.algorithms:
            counts = [kinds * factor for factor in possible]
            cuts = tree.cut(counts) if algorithm == "ward" else _other(algorithm, samples, counts, how.seed)
            for factor, labels in zip(possible, cuts, strict=True):
                found.labels[column(algorithm, factor)][inside] = labels
            for factor in how.factors:
                clusters = found.labels[column(algorithm, factor)][inside]
                told = {"n": len(inside), "group": str(group), "parameters": parameters(algorithm, factor)}
                found.scores += _scores(own, clusters, reason=_why_not(len(inside), kinds, factor), seed=how.seed,
                                        score=partial(score, **told))  # fmt: skip
    found.scores += [
        _mean(found.scores, name, parameters(*setting), score) for name in MEASURES for setting in how.settings()
    ]
    found.scores.append(score("tied_merges", ties, n=len(groups)))
    return found


def _other(algorithm: str, samples: Members, counts: list[int], seed: int) -> np.ndarray:
    return samples.cut(algorithm, counts, seed=seed) if counts else np.empty((0, 0), np.int32)


def _why_not(members: int, kinds: int, factor: int) -> str | None:
    if kinds < 2:
        return "only one subclass: any clustering would score 1"
    if kinds * factor > members:
        return f"{kinds * factor} clusters of {members} samples"
    return None


def _scores(
    subclasses: np.ndarray, clusters: np.ndarray, *, reason: str | None, seed: int, score: Score
) -> list[dict[str, Any]]:
    if reason is not None:
        return [score(name, None, reason=reason) for name in MEASURES]
    baseline = purity_baseline(subclasses, clusters, seed=seed)
    values = (purity(subclasses, clusters), ami(subclasses, clusters), ari(subclasses, clusters))
    chances = (baseline, 0.0, 0.0)
    return [score(name, value, chance=chance) for name, value, chance in zip(MEASURES, values, chances, strict=True)]


def _mean(scores: list[dict[str, Any]], name: str, setting: str, score: Score) -> dict[str, Any]:
    """The unweighted mean over superclasses; those without a value are left out and named."""
    of_setting = [row for row in scores if row["measure"] == name and row["parameters"] == setting]
    scored = [row for row in of_setting if row["value"] is not None]
    left_out = [f"{row['group']} ({row['reason']})" for row in of_setting if row["value"] is None]
    values = np.array([row["value"] for row in scored])
    return score(
        name,
        float(values.mean()) if scored else None,
        n=len(scored),
        parameters=setting,
        interval=mean_interval(values),
        chance=float(np.mean([row["chance"] for row in scored])) if scored else None,
        reason=f"left out: {'; '.join(left_out)}" if left_out else None,
    )
