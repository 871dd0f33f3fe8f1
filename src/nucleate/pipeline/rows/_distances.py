"""The distances between the samples of one superclass at one layer: what is kept of rows too wide to keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import squareform

from nucleate.clusters import Normalization, normalized
from nucleate.clusters.hierarchical import squared_distances
from nucleate.errors import StorageError
from nucleate.pipeline.plan import PART_COLUMNS
from nucleate.storage import encode_tensors, read_tensor

VERSION = 2


def add_distances(
    values: Float[np.ndarray, "n d"],
    *,
    normalization: Normalization,
    before: Float[np.ndarray, " pairs"] | None = None,
) -> Float[np.ndarray, " pairs"]:
    r"""Squared distances over some columns, added to those over the columns before.

    .. math:: d_{ij}^2 = \sum_c (x_{ic} - x_{jc})^2

    is a sum over columns. It is taken over parts of `PART_COLUMNS`, in order, whichever of them are at hand: the
    bits do not depend on where the columns were cut. Every part is at least 0 and has a relative error of at most
    1e-11, also where rows are much closer to one another than to the origin, so the sum has no more than that and
    one roundoff for each part. Only unit rows know of other columns; rows are divided by their norm before they are
    cut.

    Parameters
    ----------
    values : (n, d) float32
        Columns that begin where a part begins; with unit normalisation, of rows of unit norm.
    normalization : {"unit", "none", "centred"}
    before : (n (n - 1) / 2,) float64, optional
        Result for the columns before.

    Returns
    -------
    (n (n - 1) / 2,) float64
        One number for each pair, as of scipy's `pdist`.
    """
    total = before
    for start in range(0, values.shape[1], PART_COLUMNS):
        part = np.ascontiguousarray(values[:, start : start + PART_COLUMNS])
        squared, scale = squared_distances(part if normalization == "unit" else normalized(part, normalization))
        condensed = squareform(squared / scale**2, checks=False)
        total = condensed if total is None else total + condensed
    assert total is not None, "a layer has columns"
    return total


def distance_files(stem: str, squared: Float[np.ndarray, " pairs"] | None, rows: np.ndarray) -> dict[str, bytes]:
    """What a unit of work leaves: `squared`, one number for each pair, and the `rows`; nothing of no rows."""
    if squared is None:
        return {}
    return {f"{stem}.safetensors": encode_tensors({"squared": squared, "rows": rows})}


def read_distances(record: Path, rows: np.ndarray) -> np.ndarray:
    """The squared distances between `rows`, (n, n) float64.

    Raises
    ------
    StorageError
        When the file is damaged, or holds other rows.
    """
    path = record.with_suffix(".safetensors")
    if not np.array_equal(read_tensor(path, "rows"), rows):
        raise StorageError(f"{path} holds the distances between other samples", "Delete it and run the same command")
    condensed = read_tensor(path, "squared")
    if not len(condensed):  # of one sample; scipy would make two of none
        return np.zeros((len(rows), len(rows)))
    squared: np.ndarray = squareform(condensed, checks=False)
    return squared
