"""The final layer of a classifier: where it is, and the cosine layer that may stand in its place."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from nucleate.errors import ModelError


class CosineLinear(nn.Module):
    """A final layer without bias whose logits are cosines between features and class weights."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, num_classes
        self.weight = nn.Parameter(torch.empty(num_classes, in_features))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # as in nn.Linear

    def forward(self, features: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n classes"]:
        return functional.normalize(features, dim=1) @ functional.normalize(self.weight, dim=1).T


def final_layer(module: nn.Module, *, num_classes: int, name: str) -> tuple[str, nn.Linear | CosineLinear]:
    """The layer that gives a classifier's logits, and its name inside the module.

    It is what timm's `get_classifier` says, else the last linear layer that was registered.

    Raises
    ------
    ModelError
        When the network does not end in a linear layer of `num_classes` outputs.
    """
    ask = getattr(module, "get_classifier", None)
    told = ask() if callable(ask) else None
    layers = [
        (path, part)
        for path, part in module.named_modules()
        if (isinstance(part, nn.Linear | CosineLinear) if told is None else part is told)
    ]
    path, layer = layers[-1] if layers else ("", None)
    if not path or not isinstance(layer, nn.Linear | CosineLinear) or layer.out_features != num_classes:
        raise ModelError(
            f"{name} does not end in a linear layer of {num_classes} outputs", "Choose another objective or network"
        )
    return path, layer


def use_cosine_layer(module: nn.Module, *, num_classes: int, name: str) -> None:
    """Put a fresh `CosineLinear` in the place of the final layer.

    Raises
    ------
    ModelError
        When the network does not end in a linear layer of `num_classes` outputs.
    """
    path, layer = final_layer(module, num_classes=num_classes, name=name)
    module.set_submodule(path, CosineLinear(layer.in_features, num_classes))
