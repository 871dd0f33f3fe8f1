"""Samples from a table: image paths or texts in one column, labels in others."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.data._columns import as_text, labels_of, splits_of
from nucleate.data._media import refuse_media
from nucleate.data._samples import Samples, sample_table
from nucleate.data._texts import TextSource
from nucleate.data.readers._folder import ImageFiles, file_digest
from nucleate.errors import DataError, first_line
from nucleate.labels import Hierarchy

READERS = {
    ".csv": lambda path: pl.read_csv(path, infer_schema=False),  # a class called 007 keeps its name
    ".parquet": pl.read_parquet,
}


def from_table(
    table: str | Path | Any,
    *,
    path_column: str | None = None,
    text_column: str | None = None,
    levels: Sequence[str] = (),
    split_column: str | None = None,
    root: str | Path | None = None,
    hierarchy: Hierarchy | None = None,
    name: str | None = None,
) -> Samples:
    """Samples from a table, one row each, in its order.

    Parameters
    ----------
    table : path or frame
        A CSV or Parquet file, or a polars or pandas frame.
    path_column, text_column : str
        The column of image paths, or the one of texts: exactly one of the two. A row without either stays, marked as
        unreadable.
    levels : sequence of str
        Columns of labels, broadest level first; none means unlabelled samples.
    split_column : str, optional
        Column with each sample's split; "val", "valid" and "dev" become `validation`.
    root : path, optional
        Folder to which relative image paths belong; default the table's own, or the working directory for a frame.
    hierarchy : Hierarchy, optional
        The tree whose leaves stand in the one column of `levels`.
    name : str, optional
        How reports call these samples; default the file's name.

    Raises
    ------
    DataError
        When the file cannot be read, a column is missing, paths repeat, or a split is missing.
    HierarchyError
        When a label is missing or the labels do not form a tree.

    Examples
    --------
    >>> frame = pl.DataFrame({"gloss": ["a dog of a small breed", "a boat with sails"], "kind": ["animal", "artefact"]})
    >>> from_table(frame, text_column="gloss", levels=["kind"])
    Samples('table': 2 all; Hierarchy(kind 2))
    """
    frame, where, folder = read_table(table)
    if (path_column is None) == (text_column is None):
        raise DataError(
            f"Samples of {where} are either image paths or texts, in one column",
            f"Name it with path_column= or text_column=; columns are {', '.join(map(repr, frame.columns[:12]))}",
        )
    content = path_column or text_column or ""
    named = [content, *levels, *([split_column] if split_column else [])]
    columns = as_text(frame, list(dict.fromkeys(named)), where)
    tree, leaves = labels_of(columns, levels, hierarchy)
    splits = splits_of(columns[split_column].to_list() if split_column else None, columns.height)
    entries: list[str | None] = columns[content].to_list()
    if text_column is not None:
        source: TextSource | ImageFiles = TextSource(tuple(entries))
        rows = sample_table(
            [f"row-{row}" for row in range(len(entries))],
            TextSource(entries).sha256,
            splits=splits,
            hierarchy=tree,
            leaves=leaves,
            texts=entries,
        )
    else:
        paths = tuple(path or "" for path in entries)
        refuse_media([path for path in paths if path], f"Column {path_column!r} of {where}")
        home = Path(root) if root is not None else folder
        with ThreadPoolExecutor() as pool:
            digests = list(pool.map(file_digest, [home / path for path in paths]))
        source = ImageFiles(home, paths, tuple(digests))
        ids = [path or f"row-{row}" for row, path in enumerate(paths)]
        rows = sample_table(ids, digests, splits=splits, hierarchy=tree, leaves=leaves, paths=paths)
    return Samples(table=rows, source=source, hierarchy=tree, name=name or Path(where).stem)


def read_table(table: str | Path | Any) -> tuple[pl.DataFrame, str, Path]:
    """A frame, how messages call it, and the folder that relative paths belong to."""
    if not isinstance(table, str | Path):
        try:
            return pl.DataFrame(table), "table", Path()
        except Exception as error:  # polars raises its own kinds for what is no table
            raise DataError(f"{type(table).__name__} is no table ({first_line(error)})", "Pass a frame") from error
    path = Path(table)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"The table {path} is neither CSV nor Parquet", "Save it as one of them")
    if not path.is_file():
        raise DataError(f"The table {path} does not exist", "Check the path")
    try:
        return reader(path), path.name, path.parent
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"The table {path} cannot be read: {first_line(error)}", "Save it anew") from error
