from ._efficientnet_lite import PACKAGE
from ._factory import find_factory, is_factory, network_of
from ._timm import load_timm
from ._torchvision import load_torchvision
from ._transformers import load_hf

__all__ = [
    "PACKAGE",
    "find_factory",
    "is_factory",
    "load_hf",
    "load_timm",
    "load_torchvision",
    "network_of",
]
