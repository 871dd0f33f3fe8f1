"""Rows to search among, in memory or read range by range."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from nucleate.arrays import as_matrix
from nucleate.errors import ArrayError

Span = tuple[int, int]

_MOST_ROWS, _FEWEST_ROWS = 1536, 128
_MOST_ENTRIES = 2**23  # of a block: 32 MiB of float32


class RowSource(Protocol):
    """Anything with a shape and a dtype whose row ranges can be read: `source[start:stop]` gives those rows."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __getitem__(self, rows: slice, /) -> Any: ...


@runtime_checkable
class ColumnSource(Protocol):
    """A row source that need not read whole rows: `source.part(rows, columns)` gives some columns of some rows."""

    def part(self, rows: slice, columns: slice, /) -> Any: ...


def spans(n: int, size: int) -> list[Span]:
    """Cut range(n) into spans of at most `size`."""
    return [(start, min(start + size, n)) for start in range(0, n, size)]


@dataclass(frozen=True)
class Source:
    """Validated rows, cut into blocks. Rows that are not in memory are validated as they are read."""

    data: Any
    block_rows: int
    lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def of(cls, X: Any, *, block_rows: int | None) -> Source:
        data = X if _is_streamed(X) else as_matrix(X, min_rows=2)
        if len(data.shape) != 2 or data.shape[0] < 2 or data.shape[1] < 1:
            raise ArrayError(f"X has shape {tuple(data.shape)}, at least (2, 1) is needed", "Pass more samples")
        n, d = data.shape
        if n > np.iinfo(np.int32).max:
            raise ArrayError(f"X has {n} rows, more than int32 can number", "Search a subsample")
        # At least 8 blocks, where they do not become tiny: a tile on the diagonal takes some products twice.
        best = min(_MOST_ROWS, _MOST_ENTRIES // d, -(-n // 8))
        return cls(data, min(n, block_rows or max(_FEWEST_ROWS, best)))

    @property
    def n(self) -> int:
        return int(self.data.shape[0])

    @property
    def d(self) -> int:
        return int(self.data.shape[1])

    @property
    def in_memory(self) -> bool:
        return isinstance(self.data, np.ndarray)

    @property
    def blocks(self) -> list[Span]:
        return spans(self.n, self.block_rows)

    @property
    def strips(self) -> list[Span]:
        """Rows that may be read whole, a few at a time where they are wide."""
        return spans(self.n, min(self.block_rows, max(1, _MOST_ENTRIES // self.d)))

    def read(self, start: int, stop: int, columns: Span | None = None) -> Float[np.ndarray, "b d"]:
        """Rows start..stop as they are, or some of their columns; a view where the source is in memory."""
        first, last = columns or (0, self.d)
        if self.in_memory:
            return self.data[start:stop, first:last]
        with self.lock:  # files are seldom safe to read from several threads
            if columns is not None and isinstance(self.data, ColumnSource):
                rows = self.data.part(slice(start, stop), slice(first, last))
            else:
                rows = self.data[start:stop]
                rows = rows if columns is None else rows[:, first:last]
        block = as_matrix(rows, name=f"rows {start}..{stop - 1} of X")
        if block.shape != (stop - start, last - first):
            raise ArrayError(
                f"rows {start}..{stop - 1} of X came with shape {block.shape}", "Return one row for each row asked for"
            )
        return block

    def gather(self, indices: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b d"]:
        """The rows named by ascending `indices`."""
        if self.in_memory:
            return self.data[indices]
        parts = []
        for start, stop in self.blocks:
            low, high = np.searchsorted(indices, (start, stop))
            if low < high:
                parts.append(self.read(start, stop)[indices[low:high] - start])
        return np.concatenate(parts)


def _is_streamed(X: Any) -> bool:
    if isinstance(X, np.ndarray | list | tuple) or hasattr(X, "detach") or hasattr(X, "to_numpy"):
        return False
    return hasattr(X, "shape") and hasattr(X, "dtype") and hasattr(X, "__getitem__")
