"""Learning labels: a network, one of the nine objectives, and what that asks of the final layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from nucleate.models import final_layer
from nucleate.training.objectives._objectives import Loss, objective


class Classification:
    """A classifier that learns the labels of images.

    Parameters
    ----------
    module : torch.nn.Module
        The classifier; `cosine_softmax` needs one that ends in a `CosineLinear`.
    name : str
        What errors call it.
    num_classes : int
        Its outputs.
    objective_name : str
        A name in `OBJECTIVES`.
    parameters : dict of str to float
        Hyper-parameters.

    Raises
    ------
    ModelError
        When the objective needs a linear final layer and there is none.
    """

    views = 1

    def __init__(
        self, module: nn.Module, *, name: str, num_classes: int, objective_name: str, parameters: dict[str, float]
    ) -> None:
        self.module = module
        self.objective = objective(objective_name)
        self.parameters = {key: value for key, value in parameters.items() if key != "keep"}
        self.extra: dict[str, Any] = {}
        if self.objective.final_layer != "linear":
            layer = final_layer(module, num_classes=num_classes, name=name)[1]
            if self.objective.final_layer == "weight":
                self.extra["weight"] = layer.weight
            if self.objective.final_layer == "dropout":
                # As a hook, the tensors keep their names and the checkpoint stays an ordinary network.
                layer.register_forward_pre_hook(drop_out(parameters["keep"]))

    def loss(self, views: tuple[torch.Tensor, ...], targets: torch.Tensor) -> tuple[Loss, int | None]:
        """The loss of a batch, and how many of its images are classified rightly."""
        logits = self.module(views[0]).float()
        return self.judge(logits, targets), int((logits.argmax(1) == targets).sum())

    def judge(self, logits: torch.Tensor, targets: torch.Tensor) -> Loss:
        """The loss of given logits."""
        return self.objective.loss(logits, targets, **self.parameters, **self.extra)

    def after_step(self, share: float) -> None:
        """Nothing moves but the parameters."""


def drop_out(keep: float) -> Any:
    """A hook that drops a share of a layer's inputs while it trains, and scales up the rest."""

    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (functional.dropout(inputs[0], 1 - keep, training=layer.training), *inputs[1:])

    return hook
