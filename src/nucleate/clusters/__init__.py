"""Clusterings of one layer's samples: Ward and other linkages, k-means, density peaks. Pure functions."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nucleate.clusters.algorithms import ALGORITHMS, Algorithm
from nucleate.clusters.dendrogram import Dendrogram
from nucleate.clusters.density import log_density
from nucleate.clusters.density_peaks import density_peaks
from nucleate.clusters.kmeans import kmeans
from nucleate.clusters.linkage import Linkage, linkage, linkage_of_distances
from nucleate.clusters.merging import Merges
from nucleate.clusters.normalization import Normalization, normalized
from nucleate.clusters.peaks import Peaks
from nucleate.clusters.saddles import Saddles
from nucleate.clusters.tree import Tree
from nucleate.clusters.ward import ward

if TYPE_CHECKING:
    from nucleate.clusters.density_peaks_estimator import DensityPeaks
    from nucleate.clusters.ward_clustering import WardClustering

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Dendrogram",
    "DensityPeaks",
    "Linkage",
    "Merges",
    "Normalization",
    "Peaks",
    "Saddles",
    "Tree",
    "WardClustering",
    "density_peaks",
    "kmeans",
    "linkage",
    "linkage_of_distances",
    "log_density",
    "normalized",
    "ward",
]

_ESTIMATORS = {
    "DensityPeaks": "density_peaks_estimator",
    "WardClustering": "ward_clustering",
}  # scikit-learn takes a second to import


def __getattr__(name: str) -> Any:
    if name in _ESTIMATORS:
        return getattr(importlib.import_module(f"nucleate.clusters.{_ESTIMATORS[name]}"), name)
    raise AttributeError(f"module 'nucleate.clusters' has no attribute {name!r}")
