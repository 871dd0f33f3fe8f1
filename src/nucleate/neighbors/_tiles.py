"""Tiles of float32 products, offered to the candidate lists of both their rows."""

from __future__ import annotations

from contextlib import ExitStack
from queue import SimpleQueue
from threading import Lock

import numpy as np

from nucleate.neighbors import _kernels
from nucleate.neighbors._rows import Rows
from nucleate.neighbors._source import Span

CHUNK = 4096  # columns per product: shorter sums have smaller errors


class TileScan:
    """Scans tiles for candidates; safe to call from several threads, each of which fills its own buffers."""

    def __init__(self, rows: Rows, lists: tuple[np.ndarray, np.ndarray, np.ndarray], threads: int) -> None:
        self.rows, self.lists = rows, lists
        self.norms = rows.norms.astype(np.float32)
        self.locks = {block: Lock() for block in rows.source.blocks}
        self.buffers: SimpleQueue[_Buffers] = SimpleQueue()
        for _ in range(threads):
            self.buffers.put(_Buffers(rows.source.block_rows, rows.source.d))

    def __call__(self, blocks: tuple[Span, Span]) -> None:
        buffers = self.buffers.get()
        try:
            self._scan(blocks[0], blocks[1], buffers)
        finally:
            self.buffers.put(buffers)

    def _scan(self, rows: Span, columns: Span, buffers: _Buffers) -> None:
        mutual = rows != columns
        left = buffers.left[: rows[1] - rows[0]]
        if buffers.loaded != rows:
            self.rows.load(rows, left)
            buffers.loaded = rows
        right = left
        if mutual:
            right = buffers.right[: columns[1] - columns[0]]
            self.rows.load(columns, right)
        tile = buffers.tile[: len(left) * len(right)].reshape(len(left), len(right))
        multiply(left, right, tile)
        if not mutual:
            np.fill_diagonal(tile, -_kernels.FAR)  # a row is never its own neighbour
        with ExitStack() as held:
            for block in sorted({rows, columns}):  # in this order, so that no two threads wait for each other
                held.enter_context(self.locks[block])
            _kernels.scan_tile(tile, rows[0], columns[0], self.norms, *self.lists, mutual)


class _Buffers:
    """What one thread works in: fresh arrays of this size would cost as much as a short product."""

    def __init__(self, block_rows: int, columns: int) -> None:
        self.left, self.right = (np.empty((block_rows, columns), np.float32) for _ in range(2))
        self.tile = np.empty(block_rows**2, np.float32)
        self.loaded: Span | None = None


def multiply(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """left @ right.T into `out`, long rows in chunks that are then added."""
    np.matmul(left[:, :CHUNK], right[:, :CHUNK].T, out=out)
    for start in range(CHUNK, left.shape[1], CHUNK):
        out += left[:, start : start + CHUNK] @ right[:, start : start + CHUNK].T
