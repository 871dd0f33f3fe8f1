"""The networks that are known by name, each with a line that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from nucleate.models._preprocessing import Preprocessing
from nucleate.models.adapters import _efficientnet_lite as efficientnet_lite
from nucleate.models.architectures import _resnet as resnet
from nucleate.models.architectures import _vgg as vgg
from nucleate.models.architectures import _vit as vit


def imagenet(in_channels: int) -> Preprocessing | None:
    """The usual preprocessing at 224 pixels; None for channels that no image has."""
    return Preprocessing.imagenet(224, 1 if in_channels == 1 else 3) if in_channels in (1, 3) else None


def arrays(in_channels: int) -> Preprocessing | None:
    """No preprocessing: arrays of any size are fed as they are."""
    return None


@dataclass(frozen=True)
class Info:
    """A network that can be built by name.

    Parameters
    ----------
    name, description : str
        How it is asked for, and what it is in one line.
    build : callable
        `build(num_classes, in_channels)` returns the module with random weights.
    num_classes, in_channels : int
        What it is built with when nobody says otherwise.
    preprocessing : callable
        `preprocessing(in_channels)` says how an image becomes its input.
    weights : callable or None
        `weights()` returns trained ones by name; None where there are none to be had.
    """

    name: str
    description: str
    build: Callable[[int, int], nn.Module]
    num_classes: int = 1000
    in_channels: int = 3
    preprocessing: Callable[[int], Preprocessing | None] = imagenet
    weights: Callable[[], dict[str, torch.Tensor]] | None = None


NETWORKS: dict[str, Info] = {
    info.name: info
    for info in (
        Info(
            "resnet-small",
            "ResNet of 9 basic blocks for images of 8 to 64 pixels, 0.27 M parameters",
            resnet.resnet_small,
            num_classes=10,
            in_channels=1,
            preprocessing=arrays,
        ),
        Info("resnet18", "ResNet-18: 8 basic blocks, 11.7 M parameters", resnet.resnet18),
        Info("resnet34", "ResNet-34: 16 basic blocks, 21.8 M parameters", resnet.resnet34),
        Info("resnet50", "ResNet-50: 16 bottlenecks, 25.6 M parameters", resnet.resnet50),
        Info("resnet101", "ResNet-101: 33 bottlenecks, 44.5 M parameters", resnet.resnet101),
        Info("resnet152", "ResNet-152: 50 bottlenecks, 60.2 M parameters", resnet.resnet152),
        Info(
            "vgg-small",
            "VGG of 6 convolutions with batch norm for images of 8 to 64 pixels, 0.10 M parameters",
            vgg.vgg_small,
            num_classes=10,
            in_channels=1,
            preprocessing=arrays,
        ),
        Info(
            "vgg-small-plain",
            "VGG of 6 convolutions without normalisation for images of 8 to 64 pixels, 0.10 M parameters",
            vgg.vgg_small_plain,
            num_classes=10,
            in_channels=1,
            preprocessing=arrays,
        ),
        Info(
            "vgg-small-ln",
            "VGG of 6 convolutions with layer norm for images of 8 to 64 pixels, 0.10 M parameters",
            vgg.vgg_small_layer_norm,
            num_classes=10,
            in_channels=1,
            preprocessing=arrays,
        ),
        Info("vgg16", "VGG-16 without normalisation, 138.4 M parameters", vgg.vgg16),
        Info(
            "vgg16-bn", "VGG-16 with batch norm, also after its dense layers, 138.4 M parameters", vgg.vgg16_batch_norm
        ),
        Info(
            "vgg16-ln", "VGG-16 with layer norm, also after its dense layers, 138.4 M parameters", vgg.vgg16_layer_norm
        ),
        Info(
            "vit-small",
            "ViT of 4 blocks with average pooling for images of 8 to 64 pixels, 0.13 M parameters",
            vit.vit_small,
            num_classes=10,
            in_channels=1,
            preprocessing=arrays,
        ),
        Info("vit-b-32", "ViT-B/32 with average pooling, 88.2 M parameters", vit.vit_b_32),
        Info(
            "efficientnet-lite0",
            "EfficientNet-Lite0, trained on ImageNet, without a download (needs timm), 4.7 M parameters",
            efficientnet_lite.efficientnet_lite0,
            preprocessing=efficientnet_lite.preprocessing,
            weights=efficientnet_lite.weights,
        ),
    )
}
