"""From a layer's activations to one row per sample: over space, over tokens, and over real tokens only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import torch
from jaxtyping import Bool

from nucleate.activations._layers import Layer
from nucleate.errors import ModelError, UsageError

Pool = Literal["mean", "max", "cls", "none"]


def pooled_width(layer: Layer, pool: Pool = "mean") -> int:
    """Numbers per sample that a tap on `layer` gives.

    Raises
    ------
    UsageError
        When the pooling does not exist.
    ModelError
        When the layer has no tokens and pooling is "cls".

    Examples
    --------
    >>> from torch import nn
    >>> from nucleate.activations import layers
    >>> convolution = layers(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (3, 6, 6))[1]
    >>> pooled_width(convolution), pooled_width(convolution, "none")
    (8, 128)
    """
    if pool not in get_args(Pool):
        raise UsageError(f"There is no pooling {pool!r}", f"Choose from {', '.join(get_args(Pool))}")
    if pool == "none" or layer.channel_axis is None:
        return layer.width
    if pool == "cls" and not (len(layer.shape) == 2 and layer.channel_axis == 1):
        raise ModelError(
            f"Layer {layer.name!r} of shape {layer.shape} has no tokens, so no class token",
            "Choose other layers, or pool the mean",
        )
    return layer.shape[layer.channel_axis]


def pooling(layer: Layer, pool: Pool) -> Callable[[torch.Tensor], torch.Tensor]:
    """The function from a batch of `layer`'s activations to float32 rows that share no memory with them."""
    pooled_width(layer, pool)
    if pool == "none" or layer.channel_axis is None:
        return lambda x: x.detach().flatten(1).to(torch.float32, copy=True)
    if pool == "cls":
        return lambda x: x.detach()[:, 0].to(torch.float32, copy=True)
    axes = tuple(axis + 1 for axis in range(len(layer.shape)) if axis != layer.channel_axis)
    if pool == "max":
        return lambda x: x.detach().amax(axes).to(torch.float32)
    return lambda x: x.detach().mean(axes, dtype=torch.float32)


def masked_pooling(
    layer: Layer, pool: Pool, tokens: int
) -> Callable[[torch.Tensor, Bool[torch.Tensor, "n tokens"]], torch.Tensor]:
    """The same for texts padded to `tokens`, given a mask of real tokens: padding plays no part.

    Flattened ("none"), padding is zero.

    Raises
    ------
    ModelError
        When it is unclear which axis of the layer counts tokens.
    """
    plain = pooling(layer, pool)
    if layer.channel_axis is None or pool == "cls":  # one row per text already, or its first token
        return lambda x, mask: plain(x)
    others = [axis for axis in range(len(layer.shape)) if axis != layer.channel_axis]
    if [layer.shape[axis] for axis in others] != [tokens]:
        raise ModelError(
            f"Layer {layer.name!r} of shape {layer.shape} does not count the {tokens} tokens along one axis, "
            "so padding cannot be left out",
            "Choose other layers",
        )
    axis = others[0] + 1

    def pooled(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = x.detach().movedim(axis, 1)
        real = mask.to(x.device).unsqueeze(-1)
        if pool == "max":
            return torch.where(real, x, -torch.inf).amax(1).to(torch.float32)
        x = torch.where(real, x, 0).to(torch.float32)
        if pool == "none":
            return x.movedim(1, axis).flatten(1)
        return x.sum(1) / real.sum(1).clamp(min=1)  # rows of nothing but padding are dropped by the caller

    return pooled
