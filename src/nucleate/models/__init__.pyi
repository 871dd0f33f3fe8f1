from ._checkpoint import apply_state, encode_checkpoint, read_description, save_checkpoint
from ._final_layer import CosineLinear, final_layer, use_cosine_layer
from ._flops import forward_flops
from ._load import load, seeded
from ._network import Architecture, Network, as_network
from ._preprocessing import Preprocessing
from ._registry import NETWORKS, Info
from ._text import TextPreprocessing

__all__ = [
    "NETWORKS",
    "Architecture",
    "CosineLinear",
    "Info",
    "Network",
    "Preprocessing",
    "TextPreprocessing",
    "apply_state",
    "as_network",
    "encode_checkpoint",
    "final_layer",
    "forward_flops",
    "load",
    "read_description",
    "save_checkpoint",
    "seeded",
    "use_cosine_layer",
]
