"""Samples: a table with one row per sample, which never moves, and a source that reads a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import polars as pl
from PIL import Image

from nucleate.errors import DataError
from nucleate.labels import Hierarchy
from nucleate.storage import digest

RESERVED_COLUMNS = ("row", "id", "path", "text", "sha256", "split", "status", "reason")
EXCERPT = 280
"""Characters of a text that the sample table keeps, for reports."""

EVALUATION_SPLITS = ("validation", "test", "all")
"""Where clustering happens when nobody says: the first of these that the samples have."""


class Source(Protocol):
    """Reads samples by row."""

    def read(self, row: int) -> Image.Image | str | np.ndarray:
        """An image or a text to be preprocessed, or a float32 array that is the network's input as it is.

        Raises
        ------
        UnreadableSample
            When this row cannot be read; the row stays, marked with the reason.
        """
        ...


@dataclass(frozen=True)
class Samples:
    """What a network is probed with.

    Attributes
    ----------
    table : polars.DataFrame
        One row per sample: `row` (0, 1, ...), `id` (unique), `path` (or null), `sha256` of the content, `split`, of
        texts their beginning as `text`, and one column per level of the hierarchy, from superclass to leaf. Row i is
        input i for ever.
    source : Source
        Reads a row.
    hierarchy : Hierarchy or None
        The tree of labels; None for unlabelled samples.
    name : str
        How reports call these samples.
    """

    table: pl.DataFrame
    source: Source
    hierarchy: Hierarchy | None
    name: str

    def __len__(self) -> int:
        return self.table.height

    def __repr__(self) -> str:
        splits = ", ".join(f"{count} {split}" for split, count in self.split_sizes.items())
        return f"Samples({self.name!r}: {splits}; {self.hierarchy if self.hierarchy else 'unlabelled'})"

    @property
    def levels(self) -> tuple[str, ...]:
        """The names of the label levels, from the coarsest to the leaf; empty for unlabelled samples."""
        return self.hierarchy.levels if self.hierarchy else ()

    @property
    def split_sizes(self) -> dict[str, int]:
        """Split -> number of samples, in order of first row."""
        return dict(self.table.group_by("split", maintain_order=True).len().iter_rows())

    def rows(self, split: str) -> np.ndarray:
        """The rows of one split, ascending, int64.

        Raises
        ------
        DataError
            When there is no such split.
        """
        if split not in self.split_sizes:
            raise DataError(f"No split {split!r} in {self.name}", f"It has {', '.join(self.split_sizes)}")
        return self.table.filter(pl.col("split") == split)["row"].to_numpy()

    def evaluation_split(self) -> str:
        """The split to cluster when nobody chose one: `validation`, else `test`, else the only one there is.

        Raises
        ------
        DataError
            When there are several splits and none of these.
        """
        for split in EVALUATION_SPLITS:
            if split in self.split_sizes:
                return split
        if len(self.split_sizes) == 1:
            return next(iter(self.split_sizes))
        raise DataError(f"{self.name} has the splits {', '.join(self.split_sizes)}", "Choose one with split=")

    def labels(self, level: str, rows: np.ndarray | None = None) -> np.ndarray:
        """Class names at one level, for all rows or the given ones."""
        column = self.table[level]
        return (column if rows is None else column[rows.tolist()]).to_numpy()

    def take(self, rows: np.ndarray) -> Samples:
        """Some of the samples, in the order of `rows`, as samples of their own: row i is then the i-th taken.

        Raises
        ------
        DataError
            When a class of the hierarchy has no sample among them.
        """
        table = self.table[rows.tolist()].with_columns(pl.Series("row", np.arange(len(rows))))
        for level in self.levels[-1:]:
            lost = sorted(set(self.table[level]) - set(table[level]))
            if lost:
                raise DataError(f"No sample of {lost[0]!r} is among those taken of {self.name}", "Take more samples")
        return replace(self, table=table, source=_Taken(self.source, rows))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over ids, contents, splits and labels of all rows."""
        columns = ["id", "sha256", "split", *self.levels]
        return digest([self.table[name].to_list() for name in columns] + [list(self.levels)])


@dataclass(frozen=True)
class _Taken:
    """Reads some rows of another source."""

    source: Source
    rows: np.ndarray

    def read(self, row: int) -> Image.Image | str | np.ndarray:
        """The sample that was taken as this row."""
        return self.source.read(int(self.rows[row]))


def sample_table(
    ids: Sequence[str],
    sha256: Sequence[str],
    *,
    splits: Sequence[str],
    hierarchy: Hierarchy | None,
    leaves: Sequence[str] | None,
    paths: Sequence[str] | None = None,
    texts: Sequence[str | None] | None = None,
) -> pl.DataFrame:
    """Build the sample table; the one place that knows its columns.

    Raises
    ------
    DataError
        When there are no samples, ids repeat, a level has a reserved name, or a class has no sample.
    """
    if not ids:
        raise DataError("There are no samples", "Point to a folder or array that holds some")
    columns: dict[str, object] = {
        "row": np.arange(len(ids)),
        "id": list(ids),
        "path": pl.Series(list(paths) if paths is not None else [None] * len(ids), dtype=pl.String),
        "sha256": list(sha256),
        "split": list(splits),
    }
    if texts is not None:
        columns["text"] = pl.Series([text and excerpt(text) for text in texts], dtype=pl.String)
    if hierarchy is not None and leaves is not None:
        for level in hierarchy.levels:
            if level in RESERVED_COLUMNS:
                raise DataError(f"A label level is called {level!r}", "This name is taken by the sample table: rename")
            columns[level] = list(hierarchy.of(list(leaves), level))
        empty = sorted(set(hierarchy.leaves) - set(leaves))
        if empty:
            few = ", ".join(map(repr, empty[:5])) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
            raise DataError(f"No sample belongs to {few}", "Add samples or take the class out of the hierarchy")
    table = pl.DataFrame(columns)
    if table["id"].n_unique() != table.height:
        raise DataError(
            f"Two samples have the id {table['id'].filter(table['id'].is_duplicated())[0]!r}", "Make ids unique"
        )
    return table


def excerpt(text: str) -> str:
    """The beginning of a text, on one line.

    Examples
    --------
    >>> excerpt("a dog\\nof a small breed")
    'a dog of a small breed'
    """
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"
