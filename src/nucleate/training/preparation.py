"""A network for samples: as many channels and classes as they have, and a way to turn their images into inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nucleate.data import Samples, UnreadableSample
from nucleate.errors import DataError, ModelError, UsageError, first_line
from nucleate.models import NETWORKS, Network, Preprocessing, load
from nucleate.models.final_layer import use_cosine_layer
from nucleate.models.load import seeded
from nucleate.training.objectives import OBJECTIVES
from nucleate.training.recipe import Recipe

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
    looks = first_looks(samples)
    is_flexible = name in NETWORKS and NETWORKS[name].preprocessing(1) is None
    arrays = isinstance(looks[0], np.ndarray)
    channels = looks[0].shape[0] if isinstance(looks[0], np.ndarray) else None
    if is_flexible and channels is None:
        channels = 3 if any(isinstance(look, Image.Image) and look.mode == "RGB" for look in looks) else 1
    network = load(
        name,
        checkpoint=checkpoint,
        pretrained=False,
        num_classes=num_classes,
        in_channels=channels,
        seed=recipe.seed_init,
    )
    if network.architecture is None:
        raise ModelError(f"{name} cannot be built again from its name", "Train timm:NAME, torchvision:NAME or our own")
    preprocessing = None if arrays else preprocessing_for(network, looks[0], recipe, grey=channels == 1)
    if arrays and (recipe.crop or recipe.flip or recipe.image_size):
        raise UsageError(f"{samples.name} holds arrays, and crop, flip and image_size are for images", "Leave them out")
    if not recipe.is_self_supervised and OBJECTIVES[recipe.objective].final_layer == "cosine":
        with seeded(recipe.seed_init):
            use_cosine_layer(network.module, num_classes=network.architecture.num_classes, name=name)
        network = replace(network, architecture=replace(network.architecture, final_layer="cosine"))
    shape = looks[0].shape if isinstance(looks[0], np.ndarray) else None
    network = replace(network, preprocessing=preprocessing, input_shape=shape)
    check_output(network)
    return network


def first_looks(samples: Samples) -> list[Image.Image | np.ndarray]:
    """A few samples from all over the table, the first that can be read among them.

    Raises
    ------
    DataError
        When samples are texts, or none can be read.
    """
    looks: list[Image.Image | np.ndarray] = []
    spread = np.unique(np.linspace(0, len(samples) - 1, LOOKED_AT).astype(int)).tolist()
    reason = ""
    for row in [*spread, *range(len(samples))]:
        if looks and row == 0:
            break  # the rest is for when no sample of the spread can be read
        try:
            look = samples.source.read(row)
        except UnreadableSample as error:
            reason = reason or f"row {row}: {error}"
            continue
        if isinstance(look, str):
            raise DataError(f"Samples of {samples.name} are texts", "Training is for images and arrays")
        looks.append(look)
    if not looks:
        raise DataError(f"None of the {len(samples)} samples of {samples.name} can be read ({reason})", "Check them")
    return looks


def preprocessing_for(network: Network, look: Image.Image | np.ndarray, recipe: Recipe, *, grey: bool) -> Preprocessing:
    """That of the network, else one that keeps the size of the images; with the recipe's size where it gives one."""
    own = network.preprocessing
    side = recipe.image_size
    if isinstance(own, Preprocessing):
        return own if side is None else replace(own, size=(side, side))
    size = (look.height, look.width) if isinstance(look, Image.Image) else look.shape[-2:]
    half = (0.5,) if grey else (0.5,) * 3
    return Preprocessing((side, side) if side else size, 1 if grey else 3, half, half)


def check_output(network: Network) -> None:
    """Refuse a network that does not turn one input into one number per class.

    Raises
    ------
    ModelError
        Saying why.
    """
    assert network.input_shape is not None
    assert network.architecture is not None
    shape = "x".join(map(str, network.input_shape))
    try:
        with network.evaluating(), torch.no_grad():
            output = network.module(torch.zeros(1, *network.input_shape, dtype=network.dtype))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise ModelError(
            f"{network.name} does not take inputs of {shape} ({first_line(error)})", "Set image_size in the recipe"
        ) from error
    if not isinstance(output, torch.Tensor) or output.shape != (1, network.architecture.num_classes):
        raise ModelError(f"{network.name} does not give one number per class", "Choose a classifier")
