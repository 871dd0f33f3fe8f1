"""What a network is trained to tell apart: the classes of one level of a hierarchy, natural or shuffled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from jaxtyping import Int

from nucleate.data import Samples
from nucleate.errors import DataError, HierarchyError
from nucleate.labels import Hierarchy


@dataclass(frozen=True)
class Targets:
    """Classes of samples at the level that is learned, at those above it, and at the leaves.

    Attributes
    ----------
    level : str
        The level that is learned.
    classes : tuple of str
        Its classes, in the order of the network's outputs.
    codes : int64 array of shape (n,)
        The class of each sample of the table.
    coarser : dict of str to int64 array of shape (classes,)
        Each level above -> the code there of each class.
    leaves : int64 array of shape (n,)
        The leaf of each sample.
    leaf_names : tuple of str
        Leaves by code.
    """

    level: str
    classes: tuple[str, ...]
    codes: Int[np.ndarray, " n"]
    coarser: dict[str, Int[np.ndarray, " classes"]]
    leaves: Int[np.ndarray, " n"]
    leaf_names: tuple[str, ...]


def targets_of(samples: Samples, level: str | None = None) -> Targets:
    """The targets of samples at a level; by default the one above the leaves.

    Raises
    ------
    DataError
        When samples have no labels, or the level has one class.
    HierarchyError
        When there is no such level.
    """
    hierarchy = samples.hierarchy
    if hierarchy is None:
        raise DataError(f"{samples.name} has no labels to learn", "Give a hierarchy, or train with objective='byol'")
    index = hierarchy.level(max(hierarchy.depth - 2, 0) if level is None else level)
    leaves = samples.labels(hierarchy.levels[-1])
    classes = hierarchy.classes(index)
    if len(classes) < 2:
        raise DataError(
            f"Level {hierarchy.levels[index]!r} of {samples.name} has the one class {classes[0]!r}",
            "Choose a level with two classes or more",
        )
    above = {path[index]: path for path in hierarchy.paths}
    return Targets(
        level=hierarchy.levels[index],
        classes=classes,
        codes=hierarchy.codes(leaves, index),
        coarser={
            name: np.array([hierarchy.classes(place).index(above[label][place]) for label in classes])
            for place, name in enumerate(hierarchy.levels[:index])
        },
        leaves=hierarchy.codes(leaves, -1),
        leaf_names=hierarchy.leaves,
    )


def relabelled(samples: Samples, hierarchy: Hierarchy) -> Samples:
    """The same samples under another hierarchy of the same leaves, such as a shuffled one.

    Raises
    ------
    HierarchyError
        When the leaves differ.

    Examples
    --------
    >>> from nucleate.data import digits
    >>> samples = digits()
    >>> relabelled(samples, samples.hierarchy.shuffled(seed=0)).hierarchy.leaves_under("loops", "superclass")
    ('8', '3', '1', '5')
    """
    if samples.hierarchy is None or set(samples.hierarchy.leaves) != set(hierarchy.leaves):
        raise HierarchyError(f"The leaves of {hierarchy} are not those of {samples.name}", "Give the same leaves")
    leaves = samples.labels(samples.hierarchy.levels[-1])
    table = samples.table.drop(samples.hierarchy.levels)
    columns = [pl.Series(level, hierarchy.of(leaves, level)) for level in hierarchy.levels]
    return replace(samples, table=table.with_columns(columns), hierarchy=hierarchy)


def check_split(targets: Targets, rows: np.ndarray, *, split: str) -> None:
    """Refuse to learn classes of which the split holds no sample.

    Raises
    ------
    DataError
        Naming the first of them.
    """
    missing = np.setdiff1d(np.arange(len(targets.classes)), targets.codes[rows])
    if len(missing):
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DataError(
            f"The split {split!r} holds no sample of {targets.level} {targets.classes[missing[0]]!r}{more}",
            "Add samples, or take the class out of the hierarchy",
        )
