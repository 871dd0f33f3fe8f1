"""Image classifiers from torchvision, imported only when one is asked for."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

from nucleate.errors import ModelError, first_line
from nucleate.models._network import Architecture, Network
from nucleate.models._preprocessing import Preprocessing, crop_fraction
from nucleate.models.adapters._torchvision_import import import_torchvision
from nucleate.suggestions import did_you_mean

PREFIX = "torchvision:"


def import_torchvision_models() -> ModuleType:
    """Import torchvision's models, curing a torchvision whose compiled operators cannot load.

    Raises
    ------
    ModelError
        When torchvision is missing or cannot be imported.
    """
    try:
        return import_torchvision().models
    except ImportError as error:
        raise ModelError(
            f"torchvision networks need torchvision ({error})", "Install it: pip install torchvision"
        ) from error
    except RuntimeError as error:
        raise ModelError(
            f"torchvision is installed but cannot be imported ({first_line(error)})",
            "Install a torchvision that fits this torch: see https://pytorch.org/get-started/locally",
        ) from error


def load_torchvision(
    name: str, *, pretrained: bool, num_classes: int | None = None, in_channels: int | None = None
) -> Network:
    """Build torchvision's classifier `name`, with published weights or with random ones.

    Parameters
    ----------
    name : str
        "resnet50" for the weights torchvision recommends, "resnet50.IMAGENET1K_V1" for others.
    pretrained : bool
        Download the weights, or draw random ones.
    num_classes : int, optional
        Only with random weights.
    in_channels : int, optional
        torchvision builds for 3 alone.

    Raises
    ------
    ModelError
        When torchvision is missing, does not know the name, cannot build it as asked or cannot download its weights.
    """
    models = import_torchvision_models()
    base, _, tag = name.partition(".")
    if base not in models.list_models(module=models):
        raise ModelError(f"torchvision has no image classifier {base!r}", unknown(models, base))
    weights = find_weights(models, base, tag)
    if in_channels not in (None, 3):
        raise ModelError(f"torchvision builds {base} for 3 channels, not for {in_channels}", "Try timm's: timm:NAME")
    classes = len(weights.meta["categories"])
    if pretrained and num_classes not in (None, classes):
        raise ModelError(
            f"The weights of {PREFIX}{name} are for {classes} classes, not for {num_classes}",
            "Leave num_classes out, or pass pretrained=False",
        )
    module = build(models, base, weights if pretrained else None, num_classes or classes)
    architecture = Architecture(f"{PREFIX}{name}", num_classes or classes, 3)
    return Network(module, f"{PREFIX}{name}", preprocessing_of(weights), architecture=architecture)


def unknown(models: ModuleType, base: str) -> str:
    """What to do about a name that is no classifier."""
    if base in models.list_models():
        return "It is a network for detection, segmentation, video or integers: pass its backbone to models.as_network"
    return did_you_mean(f"{PREFIX}{base}", (f"{PREFIX}{other}" for other in models.list_models(module=models)))


def find_weights(models: ModuleType, base: str, tag: str) -> Any:
    """The weights with a tag, or the recommended ones."""
    published = models.get_model_weights(base)
    if tag and tag not in published.__members__:
        tags = [f"{PREFIX}{base}.{known}" for known in published.__members__]
        raise ModelError(f"torchvision has no weights {base}.{tag}", did_you_mean(f"{PREFIX}{base}.{tag}", tags))
    return published[tag or "DEFAULT"]


def build(models: ModuleType, base: str, weights: Any, num_classes: int) -> Any:
    """The module itself."""
    try:
        with warnings.catch_warnings():  # two networks announce that later versions will initialise them otherwise
            warnings.simplefilter("ignore", FutureWarning)
            return models.get_model(base, weights=weights, num_classes=num_classes)
    except Exception as error:  # the download may fail in many ways
        if weights is None:
            raise ModelError(f"torchvision cannot build {base!r}: {first_line(error)}", "Choose other sizes") from error
        raise ModelError(
            f"The weights of {PREFIX}{base} could not be downloaded ({first_line(error)})",
            "Pass checkpoint= with a file of its weights, or pretrained=False for random ones",
        ) from error


def preprocessing_of(weights: Any) -> Preprocessing:
    """The preprocessing that published weights describe."""
    described = weights.transforms()
    (size,), (resized,) = described.crop_size, described.resize_size
    mean, std = tuple(described.mean), tuple(described.std)
    return Preprocessing((size, size), 3, mean, std, described.interpolation.value, crop_fraction(size, resized))
