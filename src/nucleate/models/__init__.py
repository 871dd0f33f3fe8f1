"""Networks: our own, timm's, any torch module; their layers, and taps on them."""

from nucleate.models.checkpoint import save_checkpoint
from nucleate.models.flops import forward_flops
from nucleate.models.layers import Layer, LayerList, layers
from nucleate.models.load import load
from nucleate.models.network import Architecture, Network, as_network
from nucleate.models.pooling import Pool, pooled_width
from nucleate.models.preprocessing import Preprocessing
from nucleate.models.registry import NETWORKS, Info
from nucleate.models.selection import select
from nucleate.models.taps import Taps
from nucleate.models.text import TextPreprocessing

__all__ = [
    "NETWORKS",
    "Architecture",
    "Info",
    "Layer",
    "LayerList",
    "Network",
    "Pool",
    "Preprocessing",
    "Taps",
    "TextPreprocessing",
    "as_network",
    "forward_flops",
    "layers",
    "load",
    "pooled_width",
    "save_checkpoint",
    "select",
]
