"""Nearest neighbours of every sample: exact search, and graphs made elsewhere."""

from nucleate.neighbors._knn import knn
from nucleate.neighbors._neighbors import Metric, Neighbors
from nucleate.neighbors._search import KNNSearch
from nucleate.neighbors._source import RowSource

__all__ = ["KNNSearch", "Metric", "Neighbors", "RowSource", "knn"]
