"""The tree of classes: leaf -> ... -> superclass."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from jaxtyping import Int

from nucleate.arrays import to_numpy
from nucleate.errors import HierarchyError
from nucleate.labels._breeds import breeds_paths
from nucleate.labels._checks import Paths, check_tree, class_name, unknown_name
from nucleate.labels._sources import folder_paths, parent_paths, split_path, table_paths

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, repr=False)
class Hierarchy:
    """A tree of classes of any depth, every leaf at the same depth.

    A class is known by its level and its name, so a superclass may share the name of a subclass. Classes keep the order
    in which they first appear, leaves grouped by their parents: codes of a level count in that order.

    Parameters
    ----------
    levels : tuple of str
        Names of the levels, broadest first.
    paths : tuple of tuple of str
        One path of class names per leaf, broadest class first; repetitions are dropped.

    Raises
    ------
    HierarchyError
        When there are no leaves, leaves differ in depth, level names do not fit the depth or repeat, or a class has two
        parents.

    Examples
    --------
    >>> hierarchy = Hierarchy.from_paths(["dog/beagle", "cat/siamese", "dog/pug"])
    >>> hierarchy
    Hierarchy(superclass 2 > subclass 3)
    >>> hierarchy.leaves
    ('beagle', 'pug', 'siamese')
    >>> hierarchy.codes(["siamese", "pug"], "superclass")
    array([1, 0])
    """

    levels: tuple[str, ...]
    paths: Paths

    def __post_init__(self) -> None:
        levels, paths = tuple(self.levels), tuple(dict.fromkeys(tuple(path) for path in self.paths))
        check_tree(levels, paths)
        seen: dict[tuple[int, str], int] = {}
        for path in paths:
            for node in enumerate(path):
                seen.setdefault(node, len(seen))
        grouped = sorted(paths, key=lambda path: [seen[node] for node in enumerate(path)])
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "paths", tuple(grouped))

    # --- where it comes from

    @classmethod
    def from_paths(cls, paths: Iterable[str | Sequence[str]], levels: Sequence[str] | None = None) -> Hierarchy:
        """The hierarchy of leaf paths, such as ``"animal/dog/beagle"`` or ``("animal", "dog", "beagle")``.

        Parameters
        ----------
        paths : iterable of str or of sequences of str
            Broadest class first; a path may be repeated, once per sample for instance.
        levels : sequence of str, optional
            Names of the levels. By default the two lowest are ``superclass`` and ``subclass``, those above them
            ``level1``, ``level2``, ...; a single level is called ``class``.

        Examples
        --------
        >>> Hierarchy.from_paths(["animal/dog/beagle", "animal/cat/siamese", "artefact/car/van"])
        Hierarchy(level1 2 > superclass 3 > subclass 3)
        """
        if isinstance(paths, str):
            raise HierarchyError(f"Paths are the single text {paths!r}", "Pass a list of paths")
        split = tuple(dict.fromkeys(split_path(path) for path in paths))
        return cls(_level_names(levels, split), split)

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str], levels: Sequence[str] | None = None) -> Hierarchy:
        """The hierarchy of nested folders, in sorted order: folders without sub-folders are the leaves.

        Hidden files and folders (a leading dot) are passed over, so are files beside sub-folders; links are followed.

        Raises
        ------
        HierarchyError
            When a folder is missing, empty or unreadable, links back to a folder above it, or leaves differ in depth.
        """
        paths = folder_paths(folder)
        return cls(_level_names(levels, paths), paths)

    @classmethod
    def from_table(cls, table: Any, levels: Sequence[str] | None = None) -> Hierarchy:
        """The hierarchy of a table whose columns are levels, one row per sample or per leaf.

        Parameters
        ----------
        table : polars.DataFrame or mapping from column name to values
            Class names as text or integers.
        levels : sequence of str, optional
            The columns to use, broadest first; all of them by default.

        Examples
        --------
        >>> Hierarchy.from_table({"shape": ["round", "round", "straight"], "digit": [0, 8, 1]})
        Hierarchy(shape 2 > digit 3)
        """
        return cls(*table_paths(table, levels))

    @classmethod
    def from_parents(
        cls, parents: Mapping[str, str | None] | Iterable[tuple[str, str | None]], levels: Sequence[str] | None = None
    ) -> Hierarchy:
        """The hierarchy of a mapping, or of pairs, from child to parent; roots have the parent None or are left out.

        Examples
        --------
        >>> Hierarchy.from_parents({"beagle": "dog", "pug": "dog", "siamese": "cat"})
        Hierarchy(superclass 2 > subclass 3)
        """
        paths = parent_paths(parents)
        return cls(_level_names(levels, paths), paths)

    @classmethod
    def breeds(cls, name: str) -> Hierarchy:
        """A BREEDS hierarchy of ImageNet classes: superclasses with names, subclasses with WordNet ids.

        Parameters
        ----------
        name : {"living17", "nonliving26", "entity13", "entity13-4", "entity30"}
            ``entity13-4`` keeps the first four of each of entity13's twenty subclasses.

        References
        ----------
        S. Santurkar, D. Tsipras, A. Madry, "BREEDS: Benchmarks for Subpopulation Shift", ICLR 2021.

        Examples
        --------
        >>> Hierarchy.breeds("living17")
        Hierarchy(superclass 17 > subclass 68)
        """
        return cls(("superclass", "subclass"), breeds_paths(name))

    def shuffled(self, seed: int) -> Hierarchy:
        """The hierarchy with its leaves dealt anew to the lowest superclasses, each keeping its number of leaves.

        Leaves are shuffled by ``numpy.random.RandomState(seed).shuffle`` and dealt in order; upper levels stay. Seed 2
        deals the published shuffle of ``entity13-4``.

        Raises
        ------
        HierarchyError
            When there is no level above the leaves, or the seed is not in 0 ... 2**32 - 1.

        References
        ----------
        T. Nguyen, S. Kornblith, "Probing clustering in neural network representations", 2023.
        """
        if self.depth < 2:
            raise HierarchyError("A hierarchy of one level cannot be shuffled", "Add a level of superclasses")
        if not 0 <= seed < 2**32:
            raise HierarchyError(f"The seed {seed} of a shuffle is out of range", "Choose one from 0 to 2**32 - 1")
        leaves = list(self.leaves)
        np.random.RandomState(seed).shuffle(leaves)  # the published shuffle came from this generator
        dealt = zip(self.paths, leaves, strict=True)
        return Hierarchy(self.levels, tuple((*path[:-1], leaf) for path, leaf in dealt))

    # --- what it holds

    @property
    def depth(self) -> int:
        """Number of levels."""
        return len(self.levels)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Names of the lowest level's classes, grouped by their parents."""
        return tuple(path[-1] for path in self.paths)

    def level(self, level: str | int) -> int:
        """The index of a level given by name or index; negative indices count from the leaves.

        Raises
        ------
        HierarchyError
            When there is no such level.
        """
        if isinstance(level, str):
            if level not in self.levels:
                raise unknown_name("level", level, self.levels)
            return self.levels.index(level)
        if not -self.depth <= level < self.depth:
            raise HierarchyError(f"Unknown level {level} of {self.depth}", f"Choose from: {', '.join(self.levels)}")
        return int(level) % self.depth

    def classes(self, level: str | int) -> tuple[str, ...]:
        """Names of a level's classes, in the order of their codes."""
        return self._classes[self.level(level)]

    def children(self, name: str, level: str | int) -> tuple[str, ...]:
        """Names of the classes right below the class `name` of `level`.

        Raises
        ------
        HierarchyError
            When `level` is the lowest one, or has no such class.
        """
        index = self.level(level)
        if index == self.depth - 1:
            raise HierarchyError(f"Classes of the lowest level {self.levels[-1]!r} have no children", "Go a level up")
        return tuple(dict.fromkeys(path[index + 1] for path in self._below(name, index)))

    def leaves_under(self, name: str, level: str | int) -> tuple[str, ...]:
        """Names of the leaves below the class `name` of `level` (a leaf is below itself)."""
        return tuple(path[-1] for path in self._below(name, self.level(level)))

    @overload
    def of(self, leaves: str, level: str | int) -> str: ...
    @overload
    def of(self, leaves: Sequence[Any] | np.ndarray, level: str | int) -> np.ndarray: ...
    def of(self, leaves: Any, level: str | int) -> Any:
        """The class at `level` above each leaf: a name for one leaf, an array of names for many.

        Parameters
        ----------
        leaves : str, or sequence of n leaf names
            Arrays, polars Series and lists are accepted.
        level : str or int

        Raises
        ------
        HierarchyError
            When a leaf or the level is unknown.

        Examples
        --------
        >>> Hierarchy.breeds("living17").of("n01631663", "superclass")
        'salamander'
        """
        if isinstance(leaves, str):
            return self.of([leaves], level).item()
        return np.array(self.classes(level))[self.codes(leaves, level)]

    def codes(self, leaves: Sequence[Any] | np.ndarray, level: str | int) -> Int[np.ndarray, " n"]:
        """Codes, int64, of the classes at `level` above each leaf: positions in ``classes(level)``.

        Raises
        ------
        HierarchyError
            When a leaf or the level is unknown.
        """
        if isinstance(leaves, str):
            raise HierarchyError(f"Leaves are the single text {leaves!r}", "Pass a list of leaves")
        index, known = self.level(level), self._leaf_codes
        names = leaves if isinstance(leaves, list | tuple) else to_numpy(leaves).tolist()
        rows = [known.get(name, -1) if isinstance(name, str) else known.get(class_name(name), -1) for name in names]
        if -1 in rows:
            row = rows.index(-1)
            error = unknown_name("leaf", class_name(names[row]), self.leaves)
            raise HierarchyError(f"{error.what} in row {row}", error.mend)
        position = {name: code for code, name in enumerate(self._classes[index])}
        above = np.array([position[path[index]] for path in self.paths], dtype=np.int64)
        return above[np.array(rows, dtype=np.int64)]

    def to_table(self) -> pl.DataFrame:
        """A polars frame with one row per leaf and one column per level, which `from_table` reads back."""
        import polars as pl

        return pl.DataFrame(dict(zip(self.levels, zip(*self.paths, strict=True), strict=True)))

    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of levels and paths: equal hierarchies have equal fingerprints on every machine."""
        return hashlib.sha256(json.dumps([self.levels, self.paths]).encode()).hexdigest()

    def __repr__(self) -> str:
        counts = (f"{level} {len(names)}" for level, names in zip(self.levels, self._classes, strict=True))
        return f"Hierarchy({' > '.join(counts)})"

    # --- lookups, made once

    @cached_property
    def _classes(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(dict.fromkeys(names)) for names in zip(*self.paths, strict=True))

    @cached_property
    def _leaf_codes(self) -> dict[str, int]:
        return {leaf: code for code, leaf in enumerate(self.leaves)}

    def _below(self, name: str, index: int) -> list[tuple[str, ...]]:
        below = [path for path in self.paths if path[index] == name]
        if not below:
            raise unknown_name(self.levels[index], name, self._classes[index])
        return below


def _level_names(levels: Sequence[str] | None, paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if levels is not None:
        return tuple(levels)
    depth = max((len(path) for path in paths), default=1)
    upper = tuple(f"level{number}" for number in range(1, depth - 1))
    return (*upper, "superclass", "subclass") if depth > 1 else ("class",)
