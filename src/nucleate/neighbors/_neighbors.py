"""The k nearest neighbours of every sample, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float, Int, Int32

from nucleate.arrays import to_numpy
from nucleate.errors import ArrayError, UsageError

Metric = Literal["euclidean", "cosine"]


@dataclass(frozen=True)
class Recall:
    """How many of the true neighbours were among the candidates of an approximate search.

    Attributes
    ----------
    value : float
        Share of the true k nearest that was found: a mean over some rows, drawn at random and searched exactly.
    error : float
        Its standard error.
    rows : int
        How many rows.
    k : int
        Of how many neighbours each.
    """

    value: float
    error: float
    rows: int
    k: int

    def __str__(self) -> str:
        return f"recall {self.value:.4f} on {self.rows} rows at k={self.k}"


@dataclass(frozen=True, eq=False, repr=False)
class Neighbors:
    """The k nearest neighbours of each of n samples, nearest first.

    Attributes
    ----------
    indices : int32, (n, k)
        Row i holds the samples nearest to sample i, itself excluded.
    distances : float64, (n, k)
        Their true distances (Euclidean, or 1 - cosine), ascending, ties in order of index.
    metric : {"euclidean", "cosine"}
        What the distances measure.
    recall : Recall or None
        Where only some candidates were measured: how complete they were. None of an exact search.

    Raises
    ------
    ArrayError
        When the arrays differ in shape or are not int32 and float64.
        Graphs made elsewhere come in through `Neighbors.from_arrays`, which checks and mends.

    Examples
    --------
    >>> Neighbors.from_arrays([[1, 2], [0, 2], [1, 0]], [[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]]).first(1).indices.tolist()
    [[1], [0], [1]]
    """

    indices: Int32[np.ndarray, "n k"]
    distances: Float[np.ndarray, "n k"]
    metric: Metric = "euclidean"
    recall: Recall | None = None

    def __post_init__(self) -> None:
        mend = "Build it with Neighbors.from_arrays(indices, distances)"
        if self.indices.ndim != 2 or self.indices.shape != self.distances.shape or self.indices.size == 0:
            raise ArrayError(f"indices {self.indices.shape} and distances {self.distances.shape} do not match", mend)
        if self.indices.dtype != np.int32 or self.distances.dtype != np.float64:
            raise ArrayError(f"indices are {self.indices.dtype}, distances {self.distances.dtype}", mend)
        check_metric(self.metric)

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.indices.shape[0])

    @property
    def k(self) -> int:
        """Number of neighbours of each sample."""
        return int(self.indices.shape[1])

    def first(self, k: int) -> Neighbors:
        """The `k` nearest of the neighbours already found; a view, nothing is computed.

        Raises
        ------
        ArrayError
            When `k` is not between 1 and the number of neighbours held.
        """
        if not 1 <= k <= self.k:
            raise ArrayError(f"k={k} of {self.k} neighbours", f"Ask for 1 to {self.k}, or search again with a larger k")
        return Neighbors(self.indices[:, :k], self.distances[:, :k], self.metric, self.recall)

    @classmethod
    def from_arrays(cls, indices: Any, distances: Any, *, metric: Metric = "euclidean") -> Neighbors:
        """Check a neighbour graph made elsewhere (scikit-learn, faiss, scanpy, DADApy) and adopt a copy of it.

        Each row is sorted by distance, then index. Where every row lists its own sample, that entry is
        dropped, leaving k - 1 neighbours.

        Parameters
        ----------
        indices : integers, (n, k)
            Neighbours of each of the n samples.
        distances : numbers, (n, k)
            Distances to them, not squared.
        metric : {"euclidean", "cosine"}
            What the distances measure.

        Raises
        ------
        ArrayError
            When shapes differ, an index is missing (-1), out of range or listed twice in a row, a distance is
            negative or NaN, or some rows list their own sample and others do not. The first such row is named.
        """
        check_metric(metric)
        found, measured = to_numpy(indices), to_numpy(distances)
        if found.ndim != 2 or found.shape != measured.shape or found.size == 0:
            raise ArrayError(
                f"indices have shape {found.shape}, distances {measured.shape}",
                "Pass two arrays of shape (samples, neighbours)",
            )
        if found.dtype.kind not in "iu" or measured.dtype.kind not in "fiu":
            raise ArrayError(
                f"indices are {found.dtype}, distances {measured.dtype}", "Pass integer indices and real distances"
            )
        measured = measured.astype(np.float64)
        _check_entries(found, measured)
        found, measured = _drop_self(found, measured)
        order = np.lexsort((found, measured), axis=-1)
        found = np.take_along_axis(found, order, axis=1).astype(np.int32)
        return cls(found, np.take_along_axis(measured, order, axis=1), metric)

    def __repr__(self) -> str:
        told = "" if self.recall is None else f", {self.recall}"
        return f"Neighbors(n={self.n}, k={self.k}, metric={self.metric!r}{told})"


def check_metric(metric: str) -> None:
    if metric not in get_args(Metric):
        raise UsageError(f"unknown metric {metric!r}", f"Choose one of {', '.join(get_args(Metric))}")


def _check_entries(indices: Int[np.ndarray, "n k"], distances: Float[np.ndarray, "n k"]) -> None:
    n = len(indices)
    ordered = np.sort(indices, axis=1)
    complaints = (
        ((indices < 0).any(axis=1), "holds a negative index (a neighbour that was not found)", "Search with more care"),
        ((indices >= n).any(axis=1), f"holds an index beyond the {n} samples", "Search among the same samples"),
        ((ordered[:, 1:] == ordered[:, :-1]).any(axis=1), "lists a neighbour twice", "List each neighbour once"),
        (~(distances >= 0).all(axis=1), "holds a negative or NaN distance", "Pass true distances"),
    )
    for bad, what, mend in complaints:
        if bad.any():
            raise ArrayError(f"row {_first(bad)} of the neighbour graph {what}", mend)


def _drop_self(
    indices: Int[np.ndarray, "n k"], distances: Float[np.ndarray, "n k"]
) -> tuple[Int[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
    own = indices == np.arange(len(indices))[:, None]
    listed = own.any(axis=1)
    if not listed.any():
        return indices, distances
    if not listed.all():
        raise ArrayError(
            f"row {_first(listed)} of the neighbour graph lists its own sample, row {_first(~listed)} does not",
            "Leave the sample itself out of every row, or list it in every row",
        )
    if indices.shape[1] == 1:
        raise ArrayError("every row of the neighbour graph lists only its own sample", "Search for more neighbours")
    shape = (len(indices), indices.shape[1] - 1)
    return indices[~own].reshape(shape), distances[~own].reshape(shape)


def _first(rows: Any) -> int:
    return int(np.flatnonzero(rows)[0])
