"""Where a tensor keeps its channels, so that pooling averages over space or tokens and never over channels."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

CHANNELS_FIRST = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
)
CHANNELS_LAST = (nn.Linear, nn.Embedding, nn.MultiheadAttention)


class ChannelFormats:
    """The channel axes seen in one forward pass.

    Some modules have one by definition (a convolution, a linear layer), or declare it as timm's do (`output_fmt`). All
    others - activations, containers, sums - have that of the latest such tensor of the same shape. A map whose first
    and last axis are equally long could be either way round: containers then follow the network's convention.
    """

    def __init__(self, root: nn.Module) -> None:
        self.root = root
        self.latest: dict[tuple[int, ...], bool] = {}  # shape -> channels last

    def learn(self, module: nn.Module, output: torch.Tensor) -> None:
        """Take note of an output whose format is known."""
        channels_last = None if module is self.root else known_format(module)
        if channels_last is not None:
            self.latest[tuple(output.shape)] = channels_last

    def axis(self, module: nn.Module, tensor: torch.Tensor) -> int | None:
        """The axis of channels in one sample of a module's output or input; None for one axis or fewer."""
        axes = tensor.ndim - 1
        if axes < 2:
            return None
        ambiguous = axes == 3 and tensor.shape[1] == tensor.shape[-1] and next(module.children(), None) is not None
        channels_last = None if ambiguous else self.latest.get(tuple(tensor.shape))
        if channels_last is None:  # tokens end in channels; maps begin with them unless the network says otherwise
            channels_last = axes == 2 or (axes == 3 and declared_format(self.root) == "NHWC")
        return axes - 1 if channels_last else 0


def known_format(module: nn.Module) -> bool | None:
    """Whether a module puts channels last; None where nobody can tell."""
    declared = declared_format(module)
    if declared is not None:
        return declared.endswith("C")
    if isinstance(module, CHANNELS_FIRST):
        return False
    # Subclasses of LayerNorm may normalise another axis.
    return True if isinstance(module, CHANNELS_LAST) or type(module) is nn.LayerNorm else None


def declared_format(module: nn.Module) -> str | None:
    """timm's `output_fmt`: "NCHW", "NHWC", "NLC" or "NCL"."""
    declared: Any = getattr(module, "output_fmt", None)
    return None if declared is None else str(getattr(declared, "value", declared))
