"""Clusterings of one layer's samples: Ward and other linkages, k-means, density peaks. Pure functions."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nucleate.clusters.algorithms import ALGORITHMS, Algorithm
from nucleate.clusters.kmeans import kmeans
from nucleate.clusters.linkage import Linkage, linkage
from nucleate.clusters.normalization import Normalization, normalized
from nucleate.clusters.tree import Tree
from nucleate.clusters.ward import ward

if TYPE_CHECKING:
    from nucleate.clusters.ward_clustering import WardClustering

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Linkage",
    "Normalization",
    "Tree",
    "WardClustering",
    "kmeans",
    "linkage",
    "normalized",
    "ward",
]

_ESTIMATORS = {"WardClustering": "ward_clustering"}  # scikit-learn takes a second to import


def __getattr__(name: str) -> Any:
    if name in _ESTIMATORS:
        return getattr(importlib.import_module(f"nucleate.clusters.{_ESTIMATORS[name]}"), name)
    raise AttributeError(f"module 'nucleate.clusters' has no attribute {name!r}")
