"""Rows to search, in memory or read range by range, and the frame they are searched in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Int

from nucleate.arrays import as_matrix
from nucleate.errors import ArrayError
from nucleate.neighbors import _kernels
from nucleate.neighbors._neighbors import Metric

Span = tuple[int, int]

_MOST_ROWS, _FEWEST_ROWS = 1536, 128
_BLOCK_ENTRIES = 2**23  # a block of float32 rows of up to 32 MiB


class RowSource(Protocol):
    """Anything with a shape and a dtype whose row ranges can be read: `source[start:stop]` gives those rows."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __getitem__(self, rows: slice, /) -> Any: ...


def spans(n: int, size: int) -> list[Span]:
    """Cut range(n) into spans of at most `size`."""
    return [(start, min(start + size, n)) for start in range(0, n, size)]


@dataclass(frozen=True)
class Rows:
    """Rows, one weight each and a centre: the search works on `weight * row - centre`.

    For the Euclidean metric every weight is one power of two that brings the largest entry near 1, so that
    float32 neither overflows nor underflows; for cosine it is 1 / length. Neither the weighting nor the
    centre changes which rows are nearest; the centre makes the float32 products precise.
    """

    source: Any
    weights: Float[np.ndarray, " n"]
    centre: Float[np.ndarray, " d"]
    norms: Float[np.ndarray, " n"] = field(repr=False)
    metric: Metric
    block_rows: int

    @classmethod
    def of(cls, X: Any, *, metric: Metric, block_rows: int | None) -> Rows:
        """Validate all rows once and find their weights, centre and squared norms."""
        source = X if _is_streamed(X) else as_matrix(X, min_rows=2)
        if len(source.shape) != 2 or source.shape[0] < 2 or source.shape[1] < 1:
            raise ArrayError(f"X has shape {tuple(source.shape)}, at least (2, 1) is needed", "Pass more samples")
        n, d = source.shape
        if n > np.iinfo(np.int32).max:
            raise ArrayError(f"X has {n} rows, more than int32 can number", "Search a subsample")
        block_rows = min(n, block_rows or max(_FEWEST_ROWS, min(_MOST_ROWS, _BLOCK_ENTRIES // d)))
        blocks = spans(n, block_rows)
        weights = np.empty(n)
        largest = 0.0
        for start, stop in blocks:
            block = _read(source, start, stop)
            if metric == "cosine":
                weights[start:stop] = _inverse_lengths(block, start)
            else:
                largest = max(largest, float(block.max()), -float(block.min()))
        if metric == "euclidean":
            weights[:] = np.ldexp(1.0, -int(np.frexp(largest)[1])) if largest > 0 else 1.0
        centre = np.zeros(d)
        for start, stop in blocks:
            _kernels.add_rows(_read(source, start, stop), weights[start:stop], centre)
        centre /= n
        norms = np.empty(n)
        for start, stop in blocks:
            _kernels.squared_norms(_read(source, start, stop), weights[start:stop], norms[start:stop], centre)
        return cls(source, weights, centre, norms, metric, block_rows)

    @property
    def n(self) -> int:
        return int(self.source.shape[0])

    @property
    def d(self) -> int:
        return int(self.source.shape[1])

    def read(self, start: int, stop: int) -> Float[np.ndarray, "b d"]:
        """Rows start..stop as they are; a view where the source is in memory."""
        return _read(self.source, start, stop)

    @property
    def in_memory(self) -> bool:
        return isinstance(self.source, np.ndarray)

    def gather(self, indices: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b d"]:
        """The rows named by ascending `indices`."""
        if self.in_memory:
            return self.source[indices]
        parts = []
        for start, stop in spans(self.n, self.block_rows):
            low, high = np.searchsorted(indices, (start, stop))
            if low < high:
                parts.append(self.read(start, stop)[indices[low:high] - start])
        return np.concatenate(parts)

    def to_distances(self, squared: Float[np.ndarray, "n k"]) -> None:
        """Turn squared Euclidean distances of weighted rows into true distances, in place."""
        if self.metric == "cosine":
            squared /= 2
        else:
            np.sqrt(squared, out=squared)
            squared /= self.weights[0]


def _is_streamed(X: Any) -> bool:
    if isinstance(X, np.ndarray | list | tuple) or hasattr(X, "detach") or hasattr(X, "to_numpy"):
        return False
    return hasattr(X, "shape") and hasattr(X, "dtype") and hasattr(X, "__getitem__")


def _read(source: Any, start: int, stop: int) -> np.ndarray:
    if isinstance(source, np.ndarray):
        return source[start:stop]
    block = as_matrix(source[start:stop], name=f"rows {start}..{stop - 1} of X")
    if block.shape != (stop - start, source.shape[1]):
        raise ArrayError(
            f"rows {start}..{stop - 1} of X came with shape {block.shape}", "Return one row for each row asked for"
        )
    return block


def _inverse_lengths(block: np.ndarray, start: int) -> np.ndarray:
    lengths = np.empty(len(block))
    _kernels.squared_norms(block, np.ones(len(block)), lengths, np.zeros(block.shape[1]))
    bad = ~((lengths > 1e-290) & (lengths < 1e290))
    if bad.any():
        row = start + int(np.flatnonzero(bad)[0])
        raise ArrayError(
            f"row {row} of X has length {np.sqrt(lengths[row - start]):.3g}, which has no usable direction for cosine",
            "Leave it out, rescale, or use the euclidean metric",
        )
    return 1.0 / np.sqrt(lengths)
