"""VGG networks, with a choice of normalisation.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015
(https://arxiv.org/abs/1409.1556). Without normalisation the network is torchvision's, and its tensors carry the names
they have there, so that published weights load as they are.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import nn

Norm = Literal["none", "batch", "layer"]

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Widths of the 3x3 convolutions; each group ends in pooling."""


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation of a map: over its channels, at every position alike."""

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n c h w"]:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class VGG(nn.Module):
    """Convolutions, three dense layers, dropout between these.

    Parameters
    ----------
    groups : tuple of tuple of int
        Widths of the convolutions; maps are halved by maximum pooling after each group.
    num_classes, in_channels : int
        Width of the output and channels of the input.
    norm : {"none", "batch", "layer"}
        What follows every convolution and dense layer but the last, before the ReLU.
    dense : int
        Width of the first two dense layers.
    pooled : int
        Side of the map that the dense layers see.
    """

    def __init__(
        self,
        groups: tuple[tuple[int, ...], ...],
        num_classes: int,
        *,
        in_channels: int = 3,
        norm: Norm = "none",
        dense: int = 4096,
        pooled: int = 7,
    ) -> None:
        super().__init__()
        features: list[nn.Module] = []
        channels = in_channels
        for widths in groups:
            for width in widths:
                features += [
                    nn.Conv2d(channels, width, 3, padding=1),
                    *normalization(norm, width, maps=True),
                    nn.ReLU(),
                ]
                channels = width
            features.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*features)
        self.avgpool = nn.AdaptiveAvgPool2d(pooled)
        self.classifier = nn.Sequential(
            nn.Linear(channels * pooled**2, dense), *normalization(norm, dense), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(dense, dense), *normalization(norm, dense), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(dense, num_classes),
        )  # fmt: skip
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # every one has a bias
        nn.init.normal_(self.classifier[-1].weight, std=0.01)  # type: ignore[arg-type]

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n classes"]:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def normalization(norm: Norm, width: int, *, maps: bool = False) -> list[nn.Module]:
    """The modules that normalise `width` channels of a map, or `width` numbers: one or none."""
    if norm == "none":
        return []
    if norm == "batch":
        return [nn.BatchNorm2d(width) if maps else nn.BatchNorm1d(width)]
    return [ChannelNorm(width) if maps else nn.LayerNorm(width)]


def vgg16(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """VGG-16: 13 convolutions and 3 dense layers, 138.4 M parameters."""
    return VGG(VGG16, num_classes, in_channels=in_channels)


def vgg16_batch_norm(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """VGG-16 with batch normalisation after every convolution and dense layer but the last."""
    return VGG(VGG16, num_classes, in_channels=in_channels, norm="batch")


def vgg16_layer_norm(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """VGG-16 with layer normalisation after every convolution and dense layer but the last."""
    return VGG(VGG16, num_classes, in_channels=in_channels, norm="layer")


def vgg_small(num_classes: int = 10, in_channels: int = 1) -> VGG:
    """The small VGG with batch normalisation."""
    return _small(num_classes, in_channels, "batch")


def vgg_small_plain(num_classes: int = 10, in_channels: int = 1) -> VGG:
    """The small VGG without normalisation."""
    return _small(num_classes, in_channels, "none")


def vgg_small_layer_norm(num_classes: int = 10, in_channels: int = 1) -> VGG:
    """The small VGG with layer normalisation."""
    return _small(num_classes, in_channels, "layer")


def _small(num_classes: int, in_channels: int, norm: Norm) -> VGG:
    """Six convolutions (16 to 64 channels) and 3 dense layers, 0.10 M parameters, for images of 8 to 64 pixels."""
    groups = ((16, 16), (32, 32), (64, 64))
    return VGG(groups, num_classes, in_channels=in_channels, norm=norm, dense=128, pooled=1)
