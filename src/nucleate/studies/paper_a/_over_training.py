"""Nguyen & Kornblith 2023, Figure D.10: clusterability over the course of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, LayerProfile, all_of, keeps_changing, settles_early_except_last_layers
from nucleate.studies.declare import (
    MAIN,
    SECOND,
    THIRD,
    Arrangement,
    Claim,
    Condition,
    Probed,
    Scale,
    Setting,
    Study,
    Trained,
    recipe_of,
)
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_a._cluster_scores import ami, clusters_of

EVERY: Mapping[Scale, int] = MappingProxyType({"small": 1, "paper": 4})
"""Of the checkpoints that a training keeps, each so many-th is probed."""

DENSE = 2
"""Dense layers before the output, the last layers of a VGG."""


@dataclass(frozen=True)
class Course:
    """AMI of each seed, checkpoint and layer, on one data set.

    Attributes
    ----------
    layers : tuple of str
    epochs : tuple of int
    scores : array of shape (seeds, checkpoints, layers)
    """

    layers: tuple[str, ...]
    epochs: tuple[int, ...]
    scores: Float[np.ndarray, "seeds checkpoints layers"]


def _panel(data: str, arrangement: Arrangement) -> str:
    return data if arrangement == "natural" else f"{data}, shuffled"


def _conditions(scale: Scale, data: str, arrangement: Arrangement) -> tuple[Condition, ...]:
    """A condition for each checkpoint, a probe for each seed."""
    probes = clusters_of(scale, "VGG", data, arrangement)
    return tuple(
        Condition(f"{_panel(data, arrangement)}, epoch {epoch}", tuple(_at(probe, epoch) for probe in probes))
        for epoch in _epochs(probes[0], EVERY[scale])
    )


def _at(probe: Probed, epoch: int) -> Probed:
    """The probe of a checkpoint; of the last one that is what other studies probe, too."""
    return probe if epoch == _epochs(probe, 1)[-1] else replace(probe, epoch=epoch)


def _epochs(probe: Probed, every: int) -> list[int]:
    assert isinstance(probe.network, Trained)
    kept = recipe_of(probe.network).checkpoint_epochs()
    return [*kept[:-1:every], kept[-1]]


def _setting(scale: Scale) -> Setting:
    data = dict.fromkeys((MAIN[scale], SECOND[scale], THIRD[scale]))
    panels: list[tuple[str, Arrangement]] = [*((name, "natural") for name in data), (MAIN[scale], "shuffled")]
    conditions = (condition for name, arrangement in panels for condition in _conditions(scale, name, arrangement))
    return Setting(", ".join(data), tuple(conditions))


def courses(evidence: Evidence) -> dict[str, Course]:
    """Panel -> AMI over training."""
    found: dict[str, list[tuple[int, LayerProfile]]] = {}
    for name in evidence.conditions:
        panel, _, epoch = name.rpartition(", epoch ")
        found.setdefault(panel, []).append((int(epoch), ami(evidence, name)))
    return {panel: _course(profiles) for panel, profiles in found.items()}


def _course(profiles: Sequence[tuple[int, LayerProfile]]) -> Course:
    values = np.stack([profile.values for _, profile in profiles], axis=1)
    return Course(profiles[0][1].layers, tuple(epoch for epoch, _ in profiles), values)


def _shuffled_settles(evidence: Evidence) -> Finding:
    (course,) = (found for panel, found in courses(evidence).items() if panel.endswith("shuffled"))
    return settles_early_except_last_layers(course.scores, course.epochs, DENSE)


def _natural_keeps_changing(evidence: Evidence) -> Finding:
    parts = [
        keeps_changing(course.scores, course.epochs, DENSE, name=f"AMI on {panel}")
        for panel, course in courses(evidence).items()
        if not panel.endswith("shuffled")
    ]
    return all_of(parts, "On every data set with natural superclasses")


def _draw(evidence: Evidence) -> Sequence[Picture]:
    """A panel for each data set, a line for each layer."""
    panels = {f"AMI, {panel}": _lines(course) for panel, course in courses(evidence).items()}
    caption = "AMI of subclass clusters at each layer of VGG, over training, in percent of its epochs."
    return [draw_profiles(caption, panels, measure="ami", across="percent of training")]


def _lines(course: Course) -> list[LayerProfile]:
    epochs = tuple(map(str, course.epochs))
    places = 100 * np.array(course.epochs) / course.epochs[-1]
    return [LayerProfile(layer, epochs, places, course.scores[:, :, at]) for at, layer in enumerate(course.layers)]


A_FIGD10 = Study(
    id="A-figD10",
    title="When in training do subclasses part?",
    section="D",
    paper="AMI of subclass clusters over training, at each layer of VGG-16 trained on entity-13, living-17, "
    "nonliving-26 and entity-13-shuffled.",
    ours={
        "small": "A VGG of six convolutions without normalisation on digits, natural and shuffled (three seeds), and "
        "on Fashion-MNIST (two), at every checkpoint.",
        "paper": "Three seeds; every fourth of the checkpoints that are kept each five epochs, a quarter of training "
        "(epoch 100) among them.",
    },
    settings={"small": (_setting("small"),), "paper": (_setting("paper"),)},
    claims=(
        Claim(
            "With shuffled superclasses, AMI hardly moves after a quarter of training, except in the dense layers.",
            _shuffled_settles,
        ),
        Claim("With natural superclasses, AMI of most layers keeps changing.", _natural_keeps_changing),
    ),
    draw=_draw,
)

STUDIES = (A_FIGD10,)
