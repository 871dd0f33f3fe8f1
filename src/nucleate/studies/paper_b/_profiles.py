"""Profiles whose repetitions are the classes: one network gives a value for the samples of each class at each layer.

A claim about the mean over samples is then tested on what it would be for other classes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

from nucleate.errors import RunError
from nucleate.measures import two_nn
from nucleate.neighbors import Neighbors
from nucleate.pipeline import Run
from nucleate.reports.content import ENDS, has_peaks
from nucleate.studies.claims import LayerProfile
from nucleate.studies.paper_b._pair_agreement import agreement_of_classes

CLASSES = "classes"
Values = Callable[[str], np.ndarray]
"""Layer -> a number for each analysed sample, or for each class."""


def class_level(run: Run) -> str:
    """The level whose classes the network tells apart.

    Raises
    ------
    RunError
        When the samples have no labels.
    """
    if not run.levels:
        raise RunError(f"{run} has no labels", "Probe labelled samples")
    return run.levels[-1]


def labels_of(run: Run, level: str | None = None) -> Int[np.ndarray, " n"]:
    """Class of each analysed sample, as numbers; default of the lowest level."""
    names = run.samples[run.rows.tolist()][level or class_level(run)].to_numpy()
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def by_class(run: Run, name: str, layers: Sequence[str], values: Values) -> LayerProfile:
    """Mean of a number that each sample has, over the samples of each class.

    Raises
    ------
    RunError
        When there are no layers.
    """
    if not layers:
        raise RunError(f"{run.root} has {name} at no layer", "Look at the reasons in its profile")
    labels = labels_of(run)
    counts = np.bincount(labels)
    means = np.stack([np.bincount(labels, weights=values(layer)) / counts for layer in layers], axis=1)
    return _profile(run, name, layers, means)


def _profile(run: Run, name: str, layers: Sequence[str], values: Float[np.ndarray, "classes layers"]) -> LayerProfile:
    depths = dict(run.layers.select("name", "depth").rows())
    return LayerProfile(name, tuple(layers), np.array([depths[layer] for layer in layers]), values, CLASSES)


def overlap_by_class(run: Run, other: str, name: str) -> LayerProfile:
    """Overlap with `output`, `input`, `next` or the labels of a level (`label_LEVEL`), at layers that have it."""
    column = f"label_overlap_{other.removeprefix('label_')}" if other.startswith("label_") else f"overlap_{other}"
    tables = {layer: run.overlaps(layer) for layer in run.layer_names}
    having = [layer for layer, table in tables.items() if column in table.columns]
    return by_class(run, name, having, lambda layer: tables[layer][column].to_numpy())


def label_overlap_by_class(run: Run, level: str | None = None, name: str = "") -> LayerProfile:
    """Overlap with the labels, of the lowest level by default."""
    level = level or class_level(run)
    return overlap_by_class(run, f"label_{level}", name or f"overlap with the labels ({level})")


def label_overlap_with(run: Run, k: int) -> LayerProfile:
    """The same with another number of neighbours, up to the largest that was searched."""
    labels = labels_of(run)

    def values(layer: str) -> np.ndarray:
        return np.asarray((labels[run.neighbors(layer, k).indices] == labels[:, None]).mean(axis=1))

    return by_class(run, f"overlap with the labels, k = {k}", run.layer_names, values)


def entropy_by_class(run: Run) -> LayerProfile:
    r"""Mean image entropy of neighbourhoods, in bits, with what each class adds to it as neighbours of others.

    With :math:`O(j)` the number of neighbourhoods that image j lies in and :math:`\bar S` the mean of all entropies,

    .. math:: S_c = \bar S + C \sum_{j \in c} \left(\frac{O(j)}{N k} - \frac{1}{N}\right) (S_j - \bar S)

    so that the mean over classes is the entropy of neighbourhoods, and classes of other entropies make no spread.
    """
    entropies, labels = run.entropies["entropy"].to_numpy(), labels_of(run)
    deviations, classes = entropies - entropies.mean(), labels.max() + 1

    def values(layer: str) -> np.ndarray:
        found = run.neighbors(layer)
        excess = np.bincount(found.indices.ravel(), minlength=found.n) / (found.n * found.k) - 1 / found.n
        return np.asarray(entropies.mean() + classes * np.bincount(labels, weights=excess * deviations))

    stacked = np.stack([values(layer) for layer in run.layer_names], axis=1)
    return _profile(run, "neighbourhood entropy", run.layer_names, stacked)


def dimension_by_class(run: Run, name: str = "intrinsic dimension") -> LayerProfile:
    """Two-NN dimension around the samples of each class; their neighbours may be of any."""
    labels = labels_of(run)

    def values(layer: str) -> np.ndarray:
        found = run.neighbors(layer, 2)
        parts = (np.flatnonzero(labels == code) for code in range(labels.max() + 1))
        return np.array([two_nn(Neighbors(found.indices[rows], found.distances[rows])).value for rows in parts])

    return _profile(run, name, run.layer_names, np.stack([values(layer) for layer in run.layer_names], axis=1))


def peak_layers(run: Run) -> list[str]:
    """Layers whose density peaks the run holds, in execution order."""
    found = run.scores("peaks").drop_nulls("value")["layer"].to_list()
    return [layer for layer in run.layer_names if layer in found and has_peaks(run, layer)]


def peaks_of(run: Run, layer: str) -> Int[np.ndarray, " n"]:
    """Peak of each analysed sample, numbered from the densest down."""
    return run.landscape(layer)["peak"].to_numpy().astype(np.int64)


def peak_agreement(run: Run, level: str, name: str) -> LayerProfile:
    """What each class of the lowest level contributes to the adjusted Rand index of density peaks and a level."""
    classes, groups, layers = labels_of(run), labels_of(run, level), peak_layers(run)
    values = [agreement_of_classes(classes, groups, peaks_of(run, layer)) for layer in layers]
    return _profile(run, name, layers, np.stack(values, axis=1))


def share_in_largest(run: Run, peaks: int = 1) -> LayerProfile:
    """Share of each class' samples that belong to the most populous density peaks of a layer."""

    def values(layer: str) -> np.ndarray:
        own = peaks_of(run, layer)
        largest = np.argsort(-np.bincount(own), kind="stable")[:peaks]
        return np.isin(own, largest).astype(np.float64)

    return by_class(run, "the share of samples in the largest peak", peak_layers(run), values)


def inner_layers(run: Run) -> list[str]:
    """Layers between the network's input and output."""
    return [layer for layer in run.layer_names if layer not in ENDS]


def transition(labels: LayerProfile) -> tuple[str, str]:
    """The two successive layers between which the mean of a profile rises most."""
    at = int(np.argmax(np.diff(labels.mean)))
    return labels.layers[at], labels.layers[at + 1]


def chance_of_labels(run: Run, level: str | None = None) -> float:
    """Overlap with the labels when neighbours are drawn at random."""
    return float(run.scores("label_overlap", level=level or class_level(run))["chance"][0])


def level_profile(like: LayerProfile, value: float, name: str) -> LayerProfile:
    """A constant, at the layers of another profile."""
    return replace(like, name=name, values=np.full_like(like.values, value))


def mean_alone(profile: LayerProfile, name: str) -> LayerProfile:
    """The mean over classes as a single repetition, for lines without bands."""
    return LayerProfile(name, profile.layers, profile.depths, profile.mean[None], "samples")


def stages(run: Run) -> dict[str, list[str]]:
    """Blocks of each stage, in execution order: those whose names differ in the last number only."""
    found: dict[str, list[str]] = {}
    for layer in run.layer_names:
        stage, dot, number = layer.rpartition(".")
        if dot and number.isdigit():
            found.setdefault(stage, []).append(layer)
    return found


def brightness(run: Run) -> Float[np.ndarray, " n"]:
    """Mean grey value of each analysed sample's picture, from 0 to 255.

    Raises
    ------
    RunError
        When a sample has no picture.
    """
    rows = run.rows.tolist()
    pictures = run.thumbnails(rows)
    if len(pictures) < len(rows):
        raise RunError(f"{run.root} has pictures of {len(pictures)} of {len(rows)} samples", "Probe images")
    return np.array([np.asarray(Image.open(io.BytesIO(pictures[row])).convert("L")).mean() for row in rows])
