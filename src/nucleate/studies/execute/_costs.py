"""What a work takes, estimated from its declaration alone: arithmetic, time at an assumed speed, disk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import torch

from nucleate.activations import LayerList, layers, pooled_width, select
from nucleate.machine import available_memory
from nucleate.models import NETWORKS, forward_flops, load
from nucleate.pipeline.request import Settings, settings
from nucleate.studies.declare import SIZES, Probed, Published, Size, Trained, Work, recipe_of


@dataclass(frozen=True)
class Speed:
    """How fast a kind of device is taken to be.

    Attributes
    ----------
    flops : float
        Operations of a network per second, in float32.
    step : float
        Seconds that a batch takes besides.
    """

    flops: float
    step: float


SPEEDS: Mapping[str, Speed] = MappingProxyType(
    {
        "cpu": Speed(2e10, 0.01),  # as small networks reach on a core or two
        "mps": Speed(2e12, 0.005),
        "cuda": Speed(1e13, 0.005),  # about half of what an A100 does in float32
    }
)
ANALYSIS = 5e10
"""Operations per second of what is measured after the forward pass, on the CPU wherever the network runs."""

TASK = 0.15
"""Seconds that each layer takes however small it is."""

BACKWARD = 2
"""Forward passes that a backward pass is worth."""

PROBE_PASSES = 200
"""Passes over the training split that fitting linear probes takes, the choice of a penalty included."""

FLOAT, THUMBNAIL, NEIGHBOR, RESULT, TABLES = 4, 3_000, 12, 100, 25_000
"""Bytes of a number, of a picture in the report, of a neighbour, of a sample's results and of tables at a layer."""


@dataclass(frozen=True)
class Cost:
    """What a work takes.

    Attributes
    ----------
    network : float
        Operations of the network, on whatever device it runs.
    analysis : float
        Operations of the measures, on the CPU.
    steps, tasks : int
        Batches and layers, which take their time however small they are.
    disk : int
        Bytes that stay.
    """

    network: float = 0
    analysis: float = 0
    steps: int = 0
    tasks: int = 0
    disk: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.network + other.network,
            self.analysis + other.analysis,
            self.steps + other.steps,
            self.tasks + other.tasks,
            self.disk + other.disk,
        )

    def seconds(self, device: str) -> float:
        """Time at the speeds that are assumed."""
        speed = SPEEDS[device]
        return self.network / speed.flops + self.steps * speed.step + self.analysis / ANALYSIS + self.tasks * TASK


def total(costs: Iterable[Cost]) -> Cost:
    """Several works together."""
    return sum(costs, Cost())


def cost(work: Work, *, memory: float | None = None) -> Cost:
    """What a work takes, whether or not its data are there; `memory` in gigabytes, default what is free.

    Raises
    ------
    ModelError
        When the network cannot be built, such as without the library that has it.
    """
    return _of_training(work) if isinstance(work, Trained) else _of_probe(work, memory)


@dataclass(frozen=True)
class Outline:
    """A network without its weights: operations of a forward pass, parameters, and its layers."""

    flops: int
    parameters: int
    layers: LayerList


@cache
def _outline(spec: str, image: tuple[int, ...], side: int | None, classes: int | None) -> Outline:
    is_flexible = spec in NETWORKS and NETWORKS[spec].preprocessing(1) is None
    with torch.device("meta"):  # nothing is drawn, and a network of any size takes no memory
        network = load(spec, pretrained=False, num_classes=classes, in_channels=image[0] if is_flexible else None)
    own = image if is_flexible or network.input_shape is None else network.input_shape
    shape = own if side is None else (own[0], side, side)
    parameters = sum(parameter.numel() for parameter in network.module.parameters())
    return Outline(forward_flops(network, shape), parameters, layers(network, shape))


def _outline_of(network: Trained | Published, side: int | None = None) -> Outline:
    if isinstance(network, Published):
        return _outline(network.spec, (3, 224, 224), side, None)
    size = SIZES[network.data]
    classes = size.subclasses if network.learns == "subclass" else size.superclasses
    return _outline(network.network, size.image, side or recipe_of(network).image_size, classes)


def _of_training(work: Trained) -> Cost:
    how, size, outline = recipe_of(work), SIZES[work.data], _outline_of(work)
    views = 2 if how.is_self_supervised else 1
    # BYOL's target network sees each view, too, without learning from it.
    passes = views * (1 + BACKWARD) + (views if how.is_self_supervised else 0)
    learned = passes * size.train * how.epochs
    scored = size.evaluation * len(how.checkpoint_epochs())
    return Cost(
        network=outline.flops * (learned + scored),
        steps=math.ceil(size.train / how.batch_size) * how.epochs,
        disk=FLOAT * outline.parameters * len(how.checkpoint_epochs()),
    )


def _of_probe(work: Probed, memory: float | None) -> Cost:
    size, asked = SIZES[work.data], settings(**dict(work.options))
    outline = _outline_of(work.network, work.side)
    widths = [pooled_width(layer, asked.pool) for layer in select(outline.layers, list(asked.layers))]
    rows = size.train if asked.split == "train" and size.train else size.evaluation
    fitted = size.train if "linear_probe" in asked.measures else 0
    superclasses = 1 if work.whole else size.superclasses
    kept = (rows + fitted) * (FLOAT * sum(widths) + THUMBNAIL)
    passes = 1
    if not asked.keep_activations:
        kept = rows * THUMBNAIL
        if "clusters" in asked.measures:  # the distances inside superclasses
            kept += len(widths) * FLOAT * rows**2 // superclasses
        if set(asked.measures) != {"clusters"}:  # one whole layer at a time, let go afterwards
            kept += FLOAT * rows * max(widths)
        room = memory * 2**30 if memory else available_memory() * 0.8
        passes = max(1, math.ceil(FLOAT * rows * sum(widths) / room))
    results = NEIGHBOR * asked.k + FLOAT * len(asked.factors) * len(asked.algorithms) + RESULT
    return Cost(
        network=outline.flops * (rows + fitted) * passes,
        analysis=sum(_analysis(asked, width, rows, fitted, superclasses, size) for width in widths),
        steps=math.ceil((rows + fitted) / asked.rows_per_batch) * passes,
        tasks=len(widths) * len(asked.measures),
        disk=kept + len(widths) * (rows * results + TABLES),
    )


def _analysis(asked: Settings, width: int, rows: int, fitted: int, superclasses: int, size: Size) -> float:
    """Operations of the measures at one layer: products of all pairs of rows, and of rows and classes."""
    measures = set(asked.measures)
    pairs = 2.0 * rows**2 * width
    searches = int(bool(measures & {"overlap", "label_overlap", "landscape", "entropy"})) + ("mutual_knn" in measures)
    clustered = 1 / superclasses if "clusters" in measures else 0
    compared = 1 + len(asked.references) if "cka" in measures else 0
    classes = size.subclasses + size.superclasses
    probed = PROBE_PASSES * 4.0 * fitted * min(width, max(fitted, 1)) * classes
    return pairs * (searches * (1 + sum(asked.subsample)) + clustered + compared) + probed
