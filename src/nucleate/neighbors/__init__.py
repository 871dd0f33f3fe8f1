"""Nearest neighbours of every sample: exact search, and graphs made elsewhere."""

from nucleate.neighbors._knn import knn
from nucleate.neighbors._neighbors import Metric, Neighbors

__all__ = ["Metric", "Neighbors", "knn"]
