"""Optimizers, and the moving average of the parameters they move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from nucleate.training._recipe import Recipe


def build_optimizer(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer of a recipe over a module's trainable parameters."""
    groups = parameter_groups(module, recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum)
    return (torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW)(groups, lr=recipe.lr)


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Trainable tensors in two groups: decay is for weights, not for biases and norms."""
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in trainable if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in trainable if parameter.ndim <= 1], "weight_decay": 0.0},
    ]


class MovingAverage:
    """An exponential moving average of parameters that starts from nothing and is debiased, as Adam's averages are.

    After t steps it is (1 - d) sum over s of d^(t - s) parameters_s, divided by 1 - d^t.

    Parameters
    ----------
    parameters : sequence of Parameter
        What is averaged.
    decay : float
        d, the share that a step keeps.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], decay: float) -> None:
        self.parameters: list[torch.Tensor] = list(parameters)
        self.decay = decay
        self.sums = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the parameters as they are now."""
        torch._foreach_lerp_(self.sums, self.parameters, 1 - self.decay)
        self.steps += 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let the parameters be their average for a while; before the first step they stay as they are."""
        if self.steps == 0:
            yield
            return
        own = [parameter.detach().clone() for parameter in self.parameters]
        debias = 1 - self.decay**self.steps
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, [total / debias for total in self.sums])
        try:
            yield
        finally:
            with torch.no_grad():
                torch._foreach_copy_(self.parameters, own)
