"""Nearest neighbours of every sample: exact search, candidates measured again, and graphs made elsewhere."""

from nucleate.neighbors._knn import knn
from nucleate.neighbors._neighbors import Metric, Neighbors, Recall
from nucleate.neighbors._rerank import rerank
from nucleate.neighbors._search import KNNSearch
from nucleate.neighbors._sketch import SKETCH_COLUMNS, count_sketch
from nucleate.neighbors._source import ColumnSource, RowSource

__all__ = [
    "SKETCH_COLUMNS",
    "ColumnSource",
    "KNNSearch",
    "Metric",
    "Neighbors",
    "Recall",
    "RowSource",
    "count_sketch",
    "knn",
    "rerank",
]
