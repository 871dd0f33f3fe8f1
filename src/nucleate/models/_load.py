"""One door to every network: our own by name, other libraries', and checkpoint files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from nucleate.errors import ModelError
from nucleate.models._checkpoint import apply_state, read_description, read_state, read_weights
from nucleate.models._final_layer import use_cosine_layer
from nucleate.models._match_state import fit
from nucleate.models._network import Architecture, Network
from nucleate.models._preprocessing import Preprocessing
from nucleate.models._registry import NETWORKS
from nucleate.models.adapters import find_factory, is_factory, load_hf, load_timm, load_torchvision, network_of
from nucleate.suggestions import did_you_mean

LIBRARIES: dict[str, Callable[..., Network]] = {"timm": load_timm, "torchvision": load_torchvision, "hf": load_hf}
"""Whose networks are asked for as LIBRARY:NAME."""

REBUILT = ("timm", "torchvision")
"""Libraries that build a network again from its name and sizes; checkpoint files may name no other."""


def load(
    spec: str | Path,
    *,
    checkpoint: str | Path | None = None,
    pretrained: bool = True,
    num_classes: int | None = None,
    in_channels: int | None = None,
    seed: int = 0,
) -> Network:
    """Load a network.

    Parameters
    ----------
    spec : str or path
        A name in `NETWORKS` ("resnet-small"), "timm:NAME", "torchvision:NAME", "hf:NAME" or "hf:FOLDER" (transformers,
        for images or texts), the path of a `.safetensors` file that `save_checkpoint` wrote, or
        "package.module:factory" for your own code, which is imported and called without arguments.
    checkpoint : path, optional
        File with the weights: safetensors, or a PyTorch file of tensors alone. They are found under the usual wrappers
        and prefixes of others' training scripts, self-supervised ones too; a final layer of another size is followed,
        and where it is missing the output is the features. What was left out stands in the network's `notes`.
    pretrained : bool
        Demand trained weights. False gives random ones, drawn with `seed`. A factory of yours decides for itself.
    num_classes, in_channels : int, optional
        Sizes of the network, where they differ from its usual ones.
    seed : int
        Of the random weights; torch's own generator is left as it was.

    Raises
    ------
    ModelError
        When the name is unknown, weights cannot be had or do not fit, or a file is damaged or could run code.

    Examples
    --------
    >>> load("resnet-small", pretrained=False, num_classes=3)
    Network('resnet-small', 271,731 parameters, input unknown)
    """
    name = str(spec)
    if name.endswith(".safetensors"):
        if checkpoint is not None or num_classes is not None or in_channels is not None:
            raise ModelError(
                f"{name} describes its network itself", "Leave out checkpoint, num_classes and in_channels"
            )
        return load_checkpoint(Path(spec))
    if name in NETWORKS or library(name) is not None:
        sizes = {"num_classes": num_classes, "in_channels": in_channels}
        network = named_network(name, sizes, pretrained=pretrained and checkpoint is None, seed=seed)
    elif not is_factory(name):
        raise ModelError(f"There is no network {name!r}", suggestion(name))
    elif num_classes is not None or in_channels is not None:
        raise ModelError(f"{name} chooses its sizes itself", "Leave out num_classes and in_channels")
    else:
        with seeded(seed):
            factory = find_factory(name)
        with seeded(seed):  # anew: the module is imported only once, whatever it draws while it is
            network = network_of(factory, name)
    if checkpoint is None:
        return network
    is_free = num_classes is None and (name in NETWORKS or library(name) in REBUILT)
    return with_weights(network, Path(checkpoint), name=name, is_free=is_free)


def with_weights(network: Network, path: Path, *, name: str, is_free: bool) -> Network:
    """A network with the weights of a file.

    Where `is_free`, its final layer follows the file: it gets as many outputs as the file's, or is taken away where the
    file has none.
    """
    found = read_weights(path)
    built = network.architecture if is_free else None
    classes = None if built is None else built.num_classes
    fitted = fit(network.module, found.tensors, name=name, source=str(path), num_classes=classes)
    if built is not None and fitted.num_classes is not None:
        with seeded(0):
            network = build(name, fitted.num_classes, built.in_channels)
    if fitted.head is not None:
        network.module.set_submodule(fitted.head, nn.Identity())
        network = replace(network, architecture=None)
    network.module.load_state_dict(fitted.tensors, strict=False)
    return replace(network, notes=(*found.notes, *fitted.notes))


def named_network(name: str, sizes: dict[str, int | None], *, pretrained: bool, seed: int) -> Network:
    """A network of ours or of another library, with published weights or random ones."""
    weights = NETWORKS[name].weights if name in NETWORKS else None
    if pretrained and name in NETWORKS and weights is None:
        raise ModelError(
            f"{name} has no published weights here",
            f"Pass checkpoint= with a file of weights, pretrained=False for random ones, or try timm:{name}",
        )
    with seeded(seed):
        network = build(name, **sizes, pretrained=pretrained)
    if pretrained and weights is not None:
        apply_state(network.module, weights(), name=name, source=f"the published weights of {name}")
    return network


def build(
    name: str, num_classes: int | None = None, in_channels: int | None = None, *, pretrained: bool = False
) -> Network:
    """Build a network by name; `pretrained` matters to other libraries' alone, ours get random weights."""
    for what, size in (("num_classes", num_classes), ("in_channels", in_channels)):
        if size is not None and size < 1:
            raise ModelError(f"{name} cannot have {what} {size}", "Give at least 1")
    owner = library(name)
    if owner is not None:
        own_name = name.removeprefix(f"{owner}:")
        return LIBRARIES[owner](own_name, pretrained=pretrained, num_classes=num_classes, in_channels=in_channels)
    info = NETWORKS[name]
    num_classes, in_channels = num_classes or info.num_classes, in_channels or info.in_channels
    return Network(
        info.build(num_classes, in_channels),
        name,
        info.preprocessing(in_channels),
        architecture=Architecture(name, num_classes, in_channels),
    )


def load_checkpoint(path: Path) -> Network:
    """Build the network a checkpoint describes and give it the weights."""
    description = read_description(path)
    try:
        architecture = Architecture(**description["architecture"])
        name, preprocessing, shape = (description[key] for key in ("name", "preprocessing", "input_shape"))
    except (KeyError, TypeError) as error:
        raise ModelError(f"The description in {path} lacks something ({error})", "Write the file again") from error
    if architecture.name not in NETWORKS and library(architecture.name) not in REBUILT:
        raise ModelError(f"{path} holds an unknown network {architecture.name!r}", "Update nucleate")
    state = read_state(path)
    # Both sizes are dimensions of a tensor in the file: a false claim must not take memory the file cannot fill.
    largest = max((size for tensor in state.values() for size in tensor.shape), default=0)
    for size in (architecture.num_classes, architecture.in_channels):
        if type(size) is not int or not 1 <= size <= largest:
            raise ModelError(f"The description in {path} claims {architecture}, its tensors do not", "Write it again")
    if architecture.final_layer not in ("linear", "cosine"):
        raise ModelError(f"{path} has an unknown final layer {architecture.final_layer!r}", "Update nucleate")
    with seeded(0):
        module = build(architecture.name, architecture.num_classes, architecture.in_channels).module
        if architecture.final_layer == "cosine":
            use_cosine_layer(module, num_classes=architecture.num_classes, name=architecture.name)
    apply_state(module, state, name=architecture.name, source=str(path))
    return Network(module, name, preprocessing and Preprocessing.from_dict(preprocessing), shape, architecture)


def library(name: str) -> str | None:
    """The library in front of the colon, where one is."""
    owner, colon, _ = name.partition(":")
    return owner if colon and owner in LIBRARIES else None


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw random numbers from `seed`, and leave torch's CPU generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def suggestion(name: str) -> str:
    """What the user may have meant by an unknown name."""
    looks_like_path = "/" in name or "\\" in name or Path(name).suffix in (".pt", ".pth", ".bin", ".ckpt")
    if looks_like_path:
        return "Weights of your own need the network's name: load('resnet50', checkpoint=...)"
    known = [*NETWORKS, *(f"{owner}:NAME" for owner in LIBRARIES), "PATH.safetensors", "package.module:factory"]
    return did_you_mean(name, known, shown=len(known))
