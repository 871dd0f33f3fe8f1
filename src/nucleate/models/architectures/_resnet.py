"""Residual networks.

He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016 (https://arxiv.org/abs/1512.03385).
The stride of a bottleneck sits in its 3x3 convolution ("v1.5"), as in torchvision and timm, and tensors carry the
names they have there, so that published weights load as they are.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and the identity; its output is the residual sum after the last ReLU."""

    expansion = 1

    def __init__(self, in_width: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_width, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(in_width, width, stride)

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n d i j"]:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """A 3x3 convolution between two 1x1 convolutions, and the identity; its output is the sum after the last ReLU."""

    expansion = 4

    def __init__(self, in_width: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_width, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.downsample = shortcut(in_width, width * self.expansion, stride)

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n d i j"]:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


def shortcut(in_width: int, out_width: int, stride: int) -> nn.Sequential | None:
    """The 1x1 convolution that lets the identity follow a change of width or resolution; None where nothing changes."""
    if stride == 1 and in_width == out_width:
        return None
    return nn.Sequential(nn.Conv2d(in_width, out_width, 1, stride, bias=False), nn.BatchNorm2d(out_width))


class ResNet(nn.Module):
    """A stem, stages of residual blocks, the spatial mean and a linear classifier.

    Parameters
    ----------
    block : type
        `BasicBlock` or `Bottleneck`.
    depths : tuple of int
        Blocks per stage; every stage but the first halves the resolution.
    num_classes, in_channels : int
        Width of the output and channels of the input.
    width : int
        Width of the first stage; it doubles with every stage.
    small : bool
        For images of 8 to 64 pixels: a 3x3 stem that keeps the resolution instead of 7x7 with stride 2 and pooling.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, ...],
        num_classes: int,
        *,
        in_channels: int = 3,
        width: int = 64,
        small: bool = False,
    ) -> None:
        super().__init__()
        self.conv1 = (
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
            if small
            else nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False)
        )
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, stride=2, padding=1)
        in_width = width
        for stage, depth in enumerate(depths):
            blocks: list[nn.Module] = []
            for index in range(depth):
                blocks.append(block(in_width, width << stage, stride=2 if stage and index == 0 else 1))
                in_width = (width << stage) * block.expansion
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.stages = len(depths)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(in_width, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n classes"]:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for stage in range(self.stages):
            x = self.get_submodule(f"layer{stage + 1}")(x)
        return self.fc(self.avgpool(x).flatten(1))


def resnet_small(num_classes: int, in_channels: int = 1) -> ResNet:
    """Three stages of three basic blocks (16, 32, 64 channels, 0.27 M parameters) for images of 8 to 64 pixels."""
    return ResNet(BasicBlock, (3, 3, 3), num_classes, in_channels=in_channels, width=16, small=True)


def resnet18(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-18: 8 basic blocks, 11.7 M parameters."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, in_channels=in_channels)


def resnet34(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-34: 16 basic blocks, 21.8 M parameters."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, in_channels=in_channels)


def resnet50(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-50: 16 bottlenecks, 25.6 M parameters."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, in_channels=in_channels)


def resnet101(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-101: 33 bottlenecks, 44.5 M parameters."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, in_channels=in_channels)


def resnet152(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-152: 50 bottlenecks, 60.2 M parameters."""
    return ResNet(Bottleneck, (3, 8, 36, 3), num_classes, in_channels=in_channels)
