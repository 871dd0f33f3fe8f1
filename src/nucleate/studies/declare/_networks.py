"""The networks that the studies of paper A share, so that each is trained once.

At small scale there are at most 40 trainings in all studies together, so what is compared most has most seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nucleate.studies.declare._jobs import Arrangement, Published, Trained, seeds
from nucleate.studies.declare._study import Scale

MAIN: Mapping[Scale, str] = MappingProxyType({"small": "digits", "paper": "entity13-4"})
"""The data set that most studies look at: entity-13 with four subclasses in each superclass, or what stands for it."""

SECOND: Mapping[Scale, str] = MappingProxyType({"small": "fashion-mnist", "paper": "living17"})
THIRD: Mapping[Scale, str] = MappingProxyType({"small": "fashion-mnist", "paper": "nonliving26"})

ARCHITECTURES: Mapping[str, Mapping[Scale, str]] = MappingProxyType(
    {
        "ResNet": {"small": "resnet-small", "paper": "resnet50"},
        "VGG": {"small": "vgg-small-plain", "paper": "vgg16"},
        "VGG, batch norm": {"small": "vgg-small", "paper": "vgg16-bn"},
        "VGG, layer norm": {"small": "vgg-small-ln", "paper": "vgg16-ln"},
        "ViT": {"small": "vit-small", "paper": "vit-b-32"},
    }
)
"""Name in figures -> network."""

SMALL_SEEDS: Mapping[tuple[str, str, Arrangement], int] = MappingProxyType(
    {
        ("ResNet", "digits", "natural"): 3,
        ("ResNet", "digits", "shuffled"): 3,
        ("VGG", "digits", "natural"): 3,
        ("VGG", "digits", "shuffled"): 3,
        ("VGG, batch norm", "digits", "natural"): 1,
        ("VGG, batch norm", "digits", "shuffled"): 2,
        ("VGG, layer norm", "digits", "natural"): 1,
        ("VGG, layer norm", "digits", "shuffled"): 2,
        ("ViT", "digits", "natural"): 1,
        ("ViT", "digits", "shuffled"): 1,
        ("ResNet", "fashion-mnist", "natural"): 2,
        ("ResNet", "fashion-mnist", "shuffled"): 1,
        ("VGG", "fashion-mnist", "natural"): 2,
        ("VGG", "fashion-mnist", "shuffled"): 1,
    }
)
SMALL_SQUARED_ERROR_SEEDS: Mapping[Arrangement, int] = MappingProxyType({"natural": 2, "shuffled": 1})
PAPER_SEEDS = 3


def trained(scale: Scale, architecture: str, data: str, arrangement: Arrangement = "natural") -> tuple[Trained, ...]:
    """A network trained on superclasses with softmax cross-entropy, from as many seeds as the scale allows."""
    count = SMALL_SEEDS[architecture, data, arrangement] if scale == "small" else PAPER_SEEDS
    return seeds(Trained(ARCHITECTURES[architecture][scale], data, arrangement), count)


def squared_error(scale: Scale, data: str, arrangement: Arrangement = "natural") -> tuple[Trained, ...]:
    """The ResNet trained with squared error instead."""
    count = SMALL_SQUARED_ERROR_SEEDS[arrangement] if scale == "small" else PAPER_SEEDS
    return seeds(Trained(ARCHITECTURES["ResNet"][scale], data, arrangement, objective="squared_error"), count)


def told_subclasses(scale: Scale, data: str) -> tuple[Trained, ...]:
    """The ResNet told the subclasses, not the superclasses."""
    network = Trained(ARCHITECTURES["ResNet"][scale], data, learns="subclass")
    return seeds(network, 1 if scale == "small" else PAPER_SEEDS)


def with_objective(scale: Scale, objective: str) -> tuple[Trained | Published, ...]:
    """The network that each objective is compared on: on digits, or all of ImageNet (Kornblith et al. 2021)."""
    if scale == "small":
        return (Trained(ARCHITECTURES["ResNet"]["small"], MAIN["small"], objective=objective),)
    files = (f"checkpoints/imagenet-{objective}-seed{seed}.pth" for seed in range(1, PAPER_SEEDS + 1))
    return tuple(Published("resnet50", file) for file in files)


ALL_OF_IMAGENET: Mapping[Scale, Published] = MappingProxyType(
    {"small": Published("efficientnet-lite0"), "paper": Published("timm:resnet50.tv_in1k")}
)
"""A network told all classes of ImageNet: EfficientNet-Lite0, or ResNet-50 trained with plain softmax cross-entropy."""

WITHOUT_LABELS: Mapping[Scale, Trained | Published] = MappingProxyType(
    {
        "small": Trained(ARCHITECTURES["ResNet"]["small"], MAIN["small"], learns="nothing", objective="byol"),
        "paper": Published("resnet50", "checkpoints/byol-resnet50.pth"),
    }
)
"""BYOL: trained on digits, or on ImageNet by Grill et al. 2020."""
