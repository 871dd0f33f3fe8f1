from ._knn import knn
from ._neighbors import Metric, Neighbors, Recall
from ._rerank import rerank
from ._search import KNNSearch
from ._sketch import SKETCH_COLUMNS, count_sketch
from ._source import ColumnSource, RowSource

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
