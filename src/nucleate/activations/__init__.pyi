from ._extract import Block, extract
from ._layers import OUTPUT, Layer, LayerList, layers
from ._loading import Batch, batches, first_input, fit_lengths
from ._pooling import Pool, pooled_width
from ._selection import select
from ._taps import Taps

__all__ = [
    "OUTPUT",
    "Batch",
    "Block",
    "Layer",
    "LayerList",
    "Pool",
    "Taps",
    "batches",
    "extract",
    "first_input",
    "fit_lengths",
    "layers",
    "pooled_width",
    "select",
]
