"""A network for samples: as many channels and classes as they have, and a way to turn their images into inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nucleate.data import Samples, UnreadableSample
from nucleate.errors import DataError, ModelError, UsageError, first_line
from nucleate.models import NETWORKS, Architecture, Network, Preprocessing, load, seeded, use_cosine_layer
from nucleate.training._recipe import Recipe
from nucleate.training.objectives import OBJECTIVES

LOOKED_AT = 16
"""How many samples tell whether a data set has colours."""


def build_network(
    name: str, samples: Samples, recipe: Recipe, *, num_classes: int | None, checkpoint: str | Path | None = None
) -> Network:
    """The network of that name, with the weights of a checkpoint or random ones, fit for the samples.

    Raises
    ------
    ModelError
        When there is no such network, it cannot be saved and built again, or does not take the samples.
    DataError
        When the samples are no images or arrays, or none can be read.
    UsageError
        When the recipe asks for something the samples do not have.
    """
    if name.endswith(".safetensors"):
        raise ModelError(f"{name} is a file", "Name the network, and give the file as checkpoint")
    look = look_at(samples)
    if look.is_array and (recipe.crop or recipe.flip or recipe.image_size):
        raise UsageError(f"{samples.name} holds arrays, and crop, flip and image_size are for images", "Leave them out")
    is_flexible = name in NETWORKS and NETWORKS[name].preprocessing(1) is None
    network = load(
        name,
        checkpoint=checkpoint,
        pretrained=False,
        num_classes=num_classes,
        in_channels=look.shape[0] if look.is_array or is_flexible else None,
        seed=recipe.seed_init,
    )
    if not recipe.is_self_supervised and OBJECTIVES[recipe.objective].final_layer == "cosine":
        network = with_cosine_layer(network, seed=recipe.seed_init)
    if look.is_array:
        network = replace(network, preprocessing=None, input_shape=look.shape)
    else:
        network = replace(network, preprocessing=preprocessing_for(network, look, recipe), input_shape=None)
    check_output(network)
    return network


def with_cosine_layer(network: Network, *, seed: int) -> Network:
    """The network with a `CosineLinear` in the place of its final layer, which its checkpoints will tell."""
    architecture = architecture_of(network)
    with seeded(seed):
        use_cosine_layer(network.module, num_classes=architecture.num_classes, name=network.name)
    return replace(network, architecture=replace(architecture, final_layer="cosine"))


def architecture_of(network: Network) -> Architecture:
    """How to build the network again.

    Raises
    ------
    ModelError
        When only the caller knows.
    """
    if network.architecture is None:
        raise ModelError(
            f"{network.name} cannot be built again from its name", "Train timm:NAME, torchvision:NAME or our own"
        )
    return network.architecture


@dataclass(frozen=True)
class Look:
    """What samples look like: channels (1 when all are grey), height and width; or the shape of an array."""

    shape: tuple[int, ...]
    is_array: bool


def look_at(samples: Samples) -> Look:
    """Look at a few samples from all over the table; at the first that can be read, if none of these can.

    Raises
    ------
    DataError
        When samples are texts, or none can be read.
    """
    spread = np.unique(np.linspace(0, len(samples) - 1, LOOKED_AT).astype(int)).tolist()
    failures: list[str] = []
    seen = list(readable(samples, spread, failures)) or list(islice(readable(samples, range(len(samples)), []), 1))
    if not seen:
        raise DataError(
            f"None of the {len(samples)} samples of {samples.name} can be read ({failures[0]})", "Check the files"
        )
    first = seen[0]
    if isinstance(first, np.ndarray):
        return Look(first.shape, is_array=True)
    channels = 3 if any(isinstance(one, Image.Image) and one.mode == "RGB" for one in seen) else 1
    return Look((channels, first.height, first.width), is_array=False)


def readable(samples: Samples, rows: Iterable[int], failures: list[str]) -> Iterator[Image.Image | np.ndarray]:
    """The samples of some rows, without those that cannot be read, which are told in `failures`."""
    for row in rows:
        try:
            look = samples.source.read(row)
        except UnreadableSample as error:
            failures.append(f"row {row}: {error}")
            continue
        if isinstance(look, str):
            raise DataError(f"Samples of {samples.name} are texts", "Training is for images and arrays")
        yield look


def preprocessing_for(network: Network, look: Look, recipe: Recipe) -> Preprocessing:
    """That of the network, else one that keeps the size of the images; with the recipe's size where it gives one."""
    side = recipe.image_size
    if isinstance(network.preprocessing, Preprocessing):
        return network.preprocessing if side is None else replace(network.preprocessing, size=(side, side))
    channels, height, width = look.shape
    half = (0.5,) * channels
    return Preprocessing((side, side) if side else (height, width), 1 if channels == 1 else 3, half, half)


def check_output(network: Network) -> None:
    """Refuse a network that does not turn one input into one number per class.

    Raises
    ------
    ModelError
        Saying why.
    """
    assert network.input_shape is not None, "arrays and preprocessings have shapes"
    shape = "x".join(map(str, network.input_shape))
    try:
        with network.evaluating(), torch.no_grad():
            output = network.module(torch.zeros(1, *network.input_shape, dtype=network.dtype))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise ModelError(
            f"{network.name} does not take inputs of {shape} ({first_line(error)})", "Set image_size in the recipe"
        ) from error
    if not isinstance(output, torch.Tensor) or output.shape != (1, architecture_of(network).num_classes):
        raise ModelError(f"{network.name} does not give one number per class", "Choose a classifier")
