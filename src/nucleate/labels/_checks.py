"""What makes classes a tree, and the errors that say what does not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

from nucleate.errors import HierarchyError

Paths = tuple[tuple[str, ...], ...]


def unknown_name(kind: str, name: object, known: Iterable[str]) -> HierarchyError:
    """The error for a `kind` (level, leaf, ...) called `name` that is not among the `known` ones."""
    names = list(known)
    if close := difflib.get_close_matches(str(name), names, n=1):
        return HierarchyError(f"Unknown {kind} {name!r}", f"Did you mean {close[0]!r}")
    listed = ", ".join(names[:8]) + (f", ... ({len(names)} in all)" if len(names) > 8 else "")
    return HierarchyError(f"Unknown {kind} {name!r}", f"Choose from: {listed}")


def two_parents(child: str, first: str | None, second: str | None) -> HierarchyError:
    """The error for a class that stands below two parents."""
    return HierarchyError(
        f"Class {child!r} has two parents, {first!r} and {second!r}",
        f"Give one of the two classes another name, such as '{child} ({second})'",
    )


def class_name(value: Any) -> str:
    """The name of a class: text as it is, integers in decimal.

    Raises
    ------
    HierarchyError
        When the value is empty or missing, or is neither text nor an integer.
    """
    if isinstance(value, str) and value:
        return str(value)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(value)
    raise HierarchyError(f"{value!r} is not a class name", "Name every class with text or an integer")


def check_tree(levels: tuple[str, ...], paths: Paths) -> None:
    """Check that paths form a tree of equal depth whose levels are named.

    Raises
    ------
    HierarchyError
        When there are no leaves, leaves differ in depth, a class has two parents or no name, or level names do not fit.
    """
    if not paths:
        raise HierarchyError("A hierarchy needs leaves, none were given", "Pass at least one path")
    first = paths[0]
    parents: dict[tuple[int, str], str] = {}
    for path in paths:
        if len(path) != len(first):
            one, other = (f"{'/'.join(leaf)!r} ({len(leaf)} levels)" for leaf in (first, path))
            raise HierarchyError(f"Leaves differ in depth: {one} and {other}", "Give every leaf a class at every level")
        for depth, name in enumerate(path):
            class_name(name)
            if depth and parents.setdefault((depth, name), path[depth - 1]) != path[depth - 1]:
                raise two_parents(name, parents[depth, name], path[depth - 1])
    if len(levels) != len(first):
        raise HierarchyError(f"{len(levels)} level names {levels} for {len(first)} levels", "Name every level once")
    if len(set(levels)) < len(levels) or not all(isinstance(level, str) and level for level in levels):
        raise HierarchyError(f"Level names {levels} are empty, repeat or are not text", "Name every level once")
