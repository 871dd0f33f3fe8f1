"""Labels and splits that stand in the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nucleate.errors import DataError
from nucleate.labels import Hierarchy
from nucleate.suggestions import did_you_mean

SPLITS = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
"""What splits are called, and what we call them."""


def check_column(name: str, known: Sequence[str], where: str) -> None:
    """Refuse a column that is not there.

    Raises
    ------
    DataError
        With close names.
    """
    if name not in known:
        raise DataError(f"{where} has no column {name!r}", did_you_mean(name, known))


def as_text(table: pl.DataFrame, columns: Sequence[str], where: str) -> pl.DataFrame:
    """The columns as text; missing entries stay missing.

    Raises
    ------
    DataError
        When a column is missing or holds lists or tables.
    """
    for name in columns:
        check_column(name, table.columns, where)
        if table[name].dtype.is_nested():
            raise DataError(f"Column {name!r} of {where} holds {table[name].dtype}", "Choose a column of plain values")
    return table.select(pl.col(name).cast(pl.String) for name in columns)


def labels_of(
    table: pl.DataFrame, levels: Sequence[str], hierarchy: Hierarchy | None
) -> tuple[Hierarchy | None, list[str] | None]:
    """The hierarchy, and the leaf of each row: from columns that are levels, or one column of a hierarchy's leaves.

    Raises
    ------
    DataError
        When a hierarchy is given and not exactly one column of leaves, or a row has no leaf of it.
    HierarchyError
        When a label is missing or the columns do not form a tree.
    """
    if hierarchy is None:
        if not levels:
            return None, None
        return Hierarchy.from_table(table, levels=levels), table[levels[-1]].to_list()
    if len(levels) != 1:
        raise DataError(
            f"With a hierarchy one column holds its leaves, and {len(levels)} are named", "Name one with levels="
        )
    leaves = table[levels[0]].to_list()
    known = set(hierarchy.leaves)
    for row, leaf in enumerate(leaves):
        if leaf not in known:
            raise DataError(
                f"Row {row} has the class {leaf!r}", f"{hierarchy} has {', '.join(hierarchy.leaves[:5])}, ..."
            )
    return hierarchy, leaves


def splits_of(column: Sequence[str | None] | None, count: int) -> list[str]:
    """The split of each row under its usual name; `all` without a column.

    Raises
    ------
    DataError
        When an entry is missing.
    """
    if column is None:
        return ["all"] * count
    for row, name in enumerate(column):
        if not name:
            raise DataError(f"Row {row} has no split", "Fill it in, or leave the split column out")
    return [SPLITS.get(str(name).lower(), str(name)) for name in column]
