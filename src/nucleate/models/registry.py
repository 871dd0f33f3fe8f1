"""The networks nucleate builds itself, each with a line that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from nucleate.models import resnet
from nucleate.models.preprocessing import Preprocessing


@dataclass(frozen=True)
class Info:
    """A network that can be built by name.

    Parameters
    ----------
    name, description : str
        How it is asked for, and what it is in one line.
    build : callable
        `build(num_classes, in_channels)` returns the module with fresh weights.
    num_classes, in_channels : int
        What it is built with when nobody says otherwise.
    image_size : int or None
        Side of the images it was designed for; None takes arrays of any size as they are.
    """

    name: str
    description: str
    build: Callable[[int, int], nn.Module]
    num_classes: int = 1000
    in_channels: int = 3
    image_size: int | None = 224

    def preprocessing(self, in_channels: int) -> Preprocessing | None:
        """The usual preprocessing for images of `in_channels` channels; None where arrays are fed as they are."""
        if self.image_size is None or in_channels not in (1, 3):
            return None
        return Preprocessing.imagenet(self.image_size, 1 if in_channels == 1 else 3)


NETWORKS: dict[str, Info] = {
    info.name: info
    for info in (
        Info(
            "resnet-small",
            "ResNet of 9 basic blocks for images of 8 to 64 pixels, 0.27 M parameters",
            resnet.resnet_small,
            num_classes=10,
            in_channels=1,
            image_size=None,
        ),
        Info("resnet18", "ResNet-18: 8 basic blocks, 11.7 M parameters", resnet.resnet18),
        Info("resnet34", "ResNet-34: 16 basic blocks, 21.8 M parameters", resnet.resnet34),
        Info("resnet50", "ResNet-50: 16 bottlenecks, 25.6 M parameters", resnet.resnet50),
        Info("resnet101", "ResNet-101: 33 bottlenecks, 44.5 M parameters", resnet.resnet101),
        Info("resnet152", "ResNet-152: 50 bottlenecks, 60.2 M parameters", resnet.resnet152),
    )
}
