"""BYOL: a network learns without labels to predict, from one view of an image, what a slower copy says of another.

Grill et al., "Bootstrap your own latent", NeurIPS 2020 (https://arxiv.org/abs/2006.07733).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from nucleate.models import final_layer
from nucleate.training.objectives._bounds import Bounds
from nucleate.training.objectives._objectives import Loss

BYOL_PARAMETERS: Mapping[str, float] = MappingProxyType({"momentum": 0.996, "hidden": 4096, "width": 256})
"""Share of the slow copy that the first step keeps; hidden width of projector and predictor; width of their output."""

_WIDTH = Bounds(1, 2**16, whole=True)
BYOL_BOUNDS: Mapping[str, Bounds] = MappingProxyType({"momentum": Bounds(0, 1), "hidden": _WIDTH, "width": _WIDTH})
"""Their ranges."""


class Features(nn.Module):
    """A network without its final layer, which keeps its place and its name but is passed by."""

    def __init__(self, module: nn.Module, path: str) -> None:
        super().__init__()
        self.module, self.path = module, path

    def forward(self, x: torch.Tensor) -> Float[torch.Tensor, "n d"]:
        kept: list[torch.Tensor] = []
        layer = self.module.get_submodule(self.path)
        handle = layer.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
        try:
            self.module(x)
        finally:
            handle.remove()
        return kept[0]


class BYOL:
    """A network that learns from two views of each image, without labels.

    The loss is 2 - 2 cos(prediction of one view, slow copy's projection of the other), both ways round. After each
    step the slow copy moves towards the network; the share it keeps climbs from `momentum` to 1 along a cosine. The
    final layer does not learn: probe the one before it.

    Parameters
    ----------
    module : torch.nn.Module
        A network that ends in a linear layer.
    name : str
        What errors call it.
    num_classes : int
        Its outputs.
    parameters : dict of str to float
        As `BYOL_PARAMETERS`.

    Raises
    ------
    ModelError
        When the network does not end in a linear layer.
    """

    views = 2

    def __init__(self, module: nn.Module, *, name: str, num_classes: int, parameters: dict[str, float]) -> None:
        path, layer = final_layer(module, num_classes=num_classes, name=name)
        hidden, width = int(parameters["hidden"]), int(parameters["width"])
        device = layer.weight.device
        self.momentum = parameters["momentum"]
        fast = nn.Sequential(Features(module, path), perceptron(layer.in_features, hidden, width))
        slow = copy.deepcopy(fast).requires_grad_(False)
        self.module = nn.ModuleDict({"fast": fast, "slow": slow, "predictor": perceptron(width, hidden, width)})
        self.module.to(device)

    def loss(self, views: tuple[torch.Tensor, ...], targets: torch.Tensor) -> tuple[Loss, int | None]:
        """The loss of a batch; nothing is classified."""
        fast, slow, predictor = self.module["fast"], self.module["slow"], self.module["predictor"]
        with torch.no_grad():
            said = [slow(view) for view in views]
        predicted = [predictor(fast(view)) for view in views]
        return distance(predicted[0], said[1]) + distance(predicted[1], said[0]), None

    @torch.no_grad()
    def after_step(self, share: float) -> None:
        """Move the slow copy; `share` is how much of the training is done."""
        keep = 1 - (1 - self.momentum) * (math.cos(math.pi * share) + 1) / 2
        fast, slow = ([*map(torch.Tensor.detach, self.module[name].parameters())] for name in ("fast", "slow"))
        torch._foreach_lerp_(slow, fast, 1 - keep)


def perceptron(width: int, hidden: int, out: int) -> nn.Sequential:
    """Two linear layers with batch norm and ReLU between them."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, out)
    )


def distance(predicted: Float[torch.Tensor, "n d"], said: Float[torch.Tensor, "n d"]) -> Loss:
    """2 - 2 cos between rows, meaned."""
    return (2 - 2 * functional.cosine_similarity(predicted.float(), said.float(), dim=1)).mean()
