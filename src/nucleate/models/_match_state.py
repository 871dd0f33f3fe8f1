"""Weights that others' training scripts have left: found under their prefixes, and what is left out is told.

Self-supervised training keeps the network inside a larger one (MoCo's `module.encoder_q.`, BYOL's `online_encoder.`,
SimSiam's `encoder.`), with a projection head in the place of the classifier, or none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from nucleate.errors import ModelError
from nucleate.models._final_layer import final_layer

SECOND_CHOICE = ("momentum", "encoder_k", "target", "student", "ema")
"""In the names of a second copy of the network that self-supervised training keeps."""

HEADS = frozenset(
    (
        *("classifier", "fc", "head", "heads", "head_dist", "linear"),
        *("projector", "projection", "projection_head", "proj_head", "predictor", "prototypes", "contrastive_head"),
        *("mlp_head", "queue", "queue_ptr"),
    )
)
"""What may stand behind a network's features in a training script, and is not needed for them."""

BY_THE_WAY = "num_batches_tracked"  # old files lack it, and evaluation never reads it


@dataclass(frozen=True)
class Fit:
    """How a file's tensors fit a network.

    Attributes
    ----------
    tensors : dict
        Tensors by the network's own names.
    head : str or None
        The name of the network's final layer, where the file has none.
    num_classes : int or None
        Outputs of the file's final layer, where the network has another number.
    notes : tuple of str
        What was left out, for people.
    """

    tensors: dict[str, torch.Tensor]
    head: str | None
    num_classes: int | None
    notes: tuple[str, ...]


def fit(
    module: nn.Module, state: Mapping[str, torch.Tensor], *, name: str, source: str, num_classes: int | None
) -> Fit:
    """Find the network's tensors in a file.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    state : mapping
        The file's tensors.
    name, source : str
        What messages call the network and the file.
    num_classes : int or None
        Outputs of the final layer, which may be missing or of another size in the file; None for a network whose final
        layer is not known, which must be there as it is.

    Raises
    ------
    ModelError
        Names the first tensor that is missing, of another shape, or not wanted.
    """
    wanted = {key: value.shape for key, value in module.state_dict().items() if not key.endswith(BY_THE_WAY)}
    prefix = find_prefix(state, wanted, name=name, source=source)
    own = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    head, layer = find_head(module, num_classes, name)
    headless = bool(head) and f"{head}.weight" not in own
    for key, shape in wanted.items():
        in_head = bool(head) and key.startswith(f"{head}.")
        if key not in own and not (in_head and headless):
            raise ModelError(
                f"{source} lacks {prefix + key!r}, which {name} needs",
                "It holds the weights of another network: check the name",
            )
        if key in own and own[key].shape != shape and not (in_head and own[key].shape[1:] == shape[1:]):
            raise ModelError(
                f"{prefix + key!r} has shape {tuple(own[key].shape)} in {source}, {tuple(shape)} in {name}",
                "Give the name, num_classes and in_channels that it was trained with",
            )
    behind = HEADS | ({head.partition(".")[0]} if head else set())
    for key in own:
        if key not in wanted and not key.endswith(BY_THE_WAY) and key.partition(".")[0] not in behind:
            raise ModelError(
                f"{source} holds {prefix + key!r}, which {name} does not have",
                "It holds the weights of another network: check the name",
            )
    rows = own[f"{head}.weight"].shape[0] if head and not headless else None
    if rows is not None and rows != num_classes and is_spread(own[f"{head}.weight"]):
        raise ModelError(f"{prefix}{head}.weight of {source} repeats itself", "Save it with .contiguous()")
    unused = [key for key in state if not key.startswith(prefix) or key.removeprefix(prefix) not in wanted]
    return Fit(
        tensors={key: value for key, value in own.items() if key in wanted},
        head=head if headless else None,
        num_classes=rows if rows != num_classes else None,
        notes=tuple(
            told(source, unused, prefix, head=head if headless else None, features=layer.in_features if layer else 0)
        ),
    )


def find_prefix(
    state: Iterable[str], wanted: Mapping[str, object], *, name: str, source: str
) -> str:  # fmt: skip
    """What stands before the network's own names: the prefix under which most of them are found.

    Raises
    ------
    ModelError
        When two prefixes hold as much of the network, and nothing tells which is meant.

    Examples
    --------
    >>> find_prefix(["module.encoder_q.fc.weight", "module.queue"], {"fc.weight": None}, name="net", source="moco.pt")
    'module.encoder_q.'
    """
    found: Counter[str] = Counter()
    for key in state:
        parts = key.split(".")
        for place in range(len(parts)):
            if ".".join(parts[place:]) in wanted:
                found[".".join(parts[:place]) + "." * bool(place)] += 1
    if not found:
        return ""
    most = max(found.values())
    equal = [prefix for prefix, count in found.items() if count == most]
    first = [prefix for prefix in equal if not any(word in prefix for word in SECOND_CHOICE)] or equal
    if len(first) > 1:
        raise ModelError(
            f"{source} holds {name} {len(first)} times, under {' and '.join(map(repr, sorted(first)[:4]))}",
            "Save the one that is meant alone",
        )
    return first[0]


def find_head(module: nn.Module, num_classes: int | None, name: str) -> tuple[str, nn.Module | None]:
    """The final layer's name and itself; nothing where there is none that may differ."""
    if num_classes is None:
        return "", None
    try:
        return final_layer(module, num_classes=num_classes, name=name)
    except ModelError:
        return "", None


def is_spread(tensor: torch.Tensor) -> bool:
    """Whether a tensor claims more numbers than it holds: one made of its size would take that memory."""
    return tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes()


def told(source: str, unused: Iterable[str], prefix: str, *, head: str | None, features: object) -> Iterable[str]:
    """What was left out, in words: every tensor is counted, by the parts they belong to."""
    parts = Counter(part_of(key, prefix) for key in unused if not key.endswith(BY_THE_WAY))
    if parts:
        listed = ", ".join(f"{part} ({count} tensors)" if count > 1 else part for part, count in parts.items())
        yield f"Left out of {source}, not part of the network: {listed}"
    if head is not None:
        yield f"{source} has no final layer {head!r}: the output is the {features} features that would enter it"


def part_of(key: str, prefix: str) -> str:
    """The part of a training script that a tensor belongs to.

    Examples
    --------
    >>> part_of("module.encoder_k.conv1.weight", "module.encoder_q."), part_of("encoder.fc.0.bias", "encoder.")
    ('module.encoder_k', 'encoder.fc')
    """
    if prefix and key.startswith(prefix):
        return prefix + key.removeprefix(prefix).partition(".")[0]
    parts = key.split(".")
    return ".".join(parts[:2]) if parts[0] in ("module", "model", "state_dict") else parts[0]
