"""Where a hierarchy comes from: folders, tables and edges, each turned into paths from the top class to the leaf."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nucleate.errors import HierarchyError
from nucleate.labels._checks import Paths, class_name, two_parents, unknown_name


def split_path(path: str | Sequence[Any]) -> tuple[str, ...]:
    """Names along a path: ``"animal/dog"`` or ``("animal", "dog")``."""
    try:
        return tuple(class_name(name) for name in (path.split("/") if isinstance(path, str) else path))
    except HierarchyError as error:
        raise HierarchyError(f"Path {path!r}: {error.what}", error.mend) from None


def folder_paths(root: str | os.PathLike[str]) -> Paths:
    """Paths of nested folders below `root`, sorted; a folder with files and without sub-folders is a leaf.

    Raises
    ------
    HierarchyError
        When `root` is no folder, holds no sub-folders, or a folder is empty, unreadable or links back to one above it.
    """
    root = Path(root)
    if not root.is_dir():
        raise HierarchyError(f"{root} is not a folder", "Pass a folder with one sub-folder per class")
    paths = tuple(_walk(root, (), {root.resolve()}))
    if paths == ((),):
        raise HierarchyError(f"{root} holds no sub-folders", "Pass a folder with one sub-folder per class")
    return paths


def _walk(folder: Path, names: tuple[str, ...], above: set[Path]) -> Iterator[tuple[str, ...]]:
    try:
        visible = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise HierarchyError(f"Cannot list {folder}: {error.strerror}", "Make the folder readable") from error
    if not visible:
        raise HierarchyError(f"Folder {folder} is empty", "Fill it or remove it: every class needs a sample")
    children = [entry for entry in visible if entry.is_dir()]
    if not children:
        yield names
    for child in children:
        target = child.resolve()
        if target in above:
            raise HierarchyError(f"Folders form a cycle: {child} links back to {target}", "Remove the link")
        yield from _walk(child, (*names, child.name), above | {target})


def table_paths(table: Any, levels: Sequence[str] | None) -> tuple[tuple[str, ...], Paths]:
    """Level names and one path per row of a frame or of a mapping from column name to values.

    Raises
    ------
    HierarchyError
        When a level is no column, columns differ in length, or a class is missing (its row and column are named).
    """
    known = tuple(table) if isinstance(table, Mapping) else tuple(table.columns)
    levels = known if levels is None else tuple(levels)
    for level in levels:
        if level not in known:
            raise unknown_name("column", level, known)
    columns = {level: list(table[level]) for level in levels}
    lengths = {level: len(column) for level, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise HierarchyError(f"Columns differ in length: {lengths}", "Give every row a class at every level")
    for level, column in columns.items():
        for row, value in enumerate(column):
            try:
                column[row] = class_name(value)
            except HierarchyError as error:
                raise HierarchyError(f"Row {row}, column {level!r}: {error.what}", error.mend) from None
    return levels, tuple(zip(*columns.values(), strict=True))


def parent_paths(edges: Mapping[str, str | None] | Iterable[tuple[str, str | None]]) -> Paths:
    """Paths from the roots to the leaves of a tree given by its edges (child, parent); a root's parent is None.

    Raises
    ------
    HierarchyError
        When a class has two parents or classes form a cycle (both are named).
    """
    parents: dict[str, str | None] = {}
    for child, parent in edges.items() if isinstance(edges, Mapping) else edges:
        child, parent = class_name(child), None if parent is None else class_name(parent)
        if parents.setdefault(child, parent) != parent:
            raise two_parents(child, parents[child], parent)
    inner = {parent for parent in parents.values() if parent is not None}
    for node in parents:
        _ancestry(node, parents)
    return tuple(_ancestry(node, parents) for node in parents if node not in inner)


def _ancestry(node: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    path, seen = [node], {node}
    while (parent := parents.get(path[-1])) is not None:
        path.append(parent)
        if parent in seen:
            cycle = " -> ".join(path[path.index(parent) :])
            raise HierarchyError(
                f"Classes form a cycle: {cycle}",
                "Remove one of these edges; for a superclass named as its only subclass use from_paths",
            )
        seen.add(parent)
    return tuple(reversed(path))
