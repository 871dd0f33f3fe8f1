"""The distances between the samples of one superclass at one layer: what is kept of rows too wide to keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.distance import squareform

from nucleate.clusters import Normalization, normalized
from nucleate.clusters.distances import squared_distances
from nucleate.errors import StorageError
from nucleate.storage import encode_tensors, read_tensor

VERSION = 1


def distance_files(
    stem: str, values: np.ndarray, rows: np.ndarray, *, normalization: Normalization
) -> dict[str, bytes]:
    """What a unit of work leaves: `squared`, one number for each pair as of scipy's `pdist`, and the `rows`.

    Parameters
    ----------
    stem : str
        Of the file's name.
    values : (n, width) float32
        Activations; with unit normalisation, rows of unit norm already.
    rows : (n,) int64
        Which they are.
    normalization : {"unit", "none", "centred"}
    """
    prepared = values if normalization == "unit" else normalized(values, normalization)
    squared, scale = squared_distances(prepared)
    condensed = squareform(squared / scale**2, checks=False)
    return {f"{stem}.safetensors": encode_tensors({"squared": condensed, "rows": rows})}


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
