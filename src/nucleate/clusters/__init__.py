"""Clusterings of one layer's samples: Ward and other linkages, k-means, density peaks. Pure functions."""

from __future__ import annotations

from nucleate.clusters.normalization import Normalization, normalized
from nucleate.clusters.tree import Tree
from nucleate.clusters.ward import ward

__all__ = ["Normalization", "Tree", "normalized", "ward"]
