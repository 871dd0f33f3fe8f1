"""Samples from arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from nucleate.arrays import to_numpy
from nucleate.data._samples import Samples, sample_table
from nucleate.errors import DataError
from nucleate.labels import Hierarchy
from nucleate.storage import digest_array


@dataclass(frozen=True)
class ArraySource:
    """Reads rows of an array: 8-bit images as pictures, floats as they are."""

    values: np.ndarray

    def read(self, row: int) -> Image.Image | np.ndarray:
        """The picture or the float32 array of a row."""
        value = self.values[row]
        if value.dtype != np.uint8:
            return value.astype(np.float32)
        return Image.fromarray(value[..., 0] if value.ndim == 3 and value.shape[-1] == 1 else value)


def from_arrays(
    values: Any,
    labels: Sequence[str] | Mapping[str, Sequence[Any]] | np.ndarray | None = None,
    *,
    hierarchy: Hierarchy | None = None,
    split: str | Sequence[str] = "all",
    ids: Sequence[str] | None = None,
    name: str = "arrays",
) -> Samples:
    """Samples from arrays in memory.

    Parameters
    ----------
    values : array or tensor
        Either 8-bit images, shape (n, height, width), (n, height, width, 1) or (n, height, width, 3): these go through
        the network's preprocessing. Or floats of any shape (n, ...): these are the network's inputs as they are.
    labels : sequence of str, or mapping of level -> sequence, optional
        With `hierarchy`: the leaf of each sample. Without: a mapping from level to class names, coarsest level first,
        or one sequence of classes (a hierarchy of one level, `class`). None: unlabelled samples.
    hierarchy : Hierarchy, optional
        The tree whose leaves `labels` are.
    split : str or sequence of str
        The split of all samples, or of each.
    ids : sequence of str, optional
        Unique names; default the row numbers.
    name : str
        How reports call these samples.

    Raises
    ------
    DataError
        When shapes, types or lengths do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.zeros((4, 8, 8), np.uint8)
    >>> from_arrays(images, {"superclass": ["a", "a", "b", "b"], "subclass": ["p", "q", "r", "s"]})
    Samples('arrays': 4 all; Hierarchy(superclass 2 > subclass 4))
    """
    array = to_numpy(values)
    if array.ndim < 2:
        raise DataError(f"Samples have shape {array.shape}", "Pass (n, height, width, ...) images or (n, ...) floats")
    if array.dtype == np.uint8:
        if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] not in (1, 3)):
            raise DataError(
                f"8-bit images have shape {array.shape}", "Pass (n, height, width), (n, height, width, 1 or 3)"
            )
    elif array.dtype.kind != "f":
        raise DataError(f"Samples have dtype {array.dtype}", "Pass 8-bit images or floats")

    def fits(column: Sequence[Any] | np.ndarray, what: str) -> list[str]:
        if len(column) != len(array):
            raise DataError(f"{what} has {len(column)} entries for {len(array)} samples", "Pass one per sample")
        return [str(entry) for entry in column]

    leaves: list[str] | None = None
    if isinstance(labels, Mapping):
        table = {str(level): fits(column, f"Level {level!r}") for level, column in labels.items()}
        if hierarchy is None:
            hierarchy = Hierarchy.from_table(pl.DataFrame(table), levels=list(table))
        leaves = table[hierarchy.levels[-1]]
    elif labels is not None:
        leaves = fits(labels, "labels")
        if hierarchy is None:
            hierarchy = Hierarchy.from_paths(leaves, levels=("class",))
    elif hierarchy is not None:
        raise DataError("A hierarchy was given without labels", "Pass labels=, the leaf of each sample")

    table_ = sample_table(
        fits(ids, "ids") if ids is not None else [str(row) for row in range(len(array))],
        [digest_array(value) for value in array],
        splits=[split] * len(array) if isinstance(split, str) else fits(split, "split"),
        hierarchy=hierarchy,
        leaves=leaves,
    )
    return Samples(table=table_, source=ArraySource(array), hierarchy=hierarchy, name=name)
