"""Tiles of float32 products, offered to the candidate lists of both their rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from nucleate.neighbors import _kernels
from nucleate.neighbors._rows import Rows, Span
from nucleate.neighbors._team import Team, parts

CHUNK = 4096  # columns per product: shorter sums have smaller errors
_MOST_THREADS = 8  # a tile takes threads**2 short calls


class TileScan:
    """Products of one tile at a time, offered to the lists of both its rows. Buffers are used again and again."""

    def __init__(self, rows: Rows, values: np.ndarray, indices: np.ndarray, limits: np.ndarray) -> None:
        self.rows, self.values, self.indices, self.limits = rows, values, indices, limits
        self.norms = rows.norms.astype(np.float32)
        self.left, self.right = (np.empty((rows.block_rows, rows.d), np.float32) for _ in range(2))
        self.buffer = np.empty(rows.block_rows**2, np.float32)
        self.loaded: Span | None = None

    def tile(self, rows: Span, columns: Span, team: Team) -> None:
        mutual = rows != columns
        height, width = rows[1] - rows[0], columns[1] - columns[0]
        if self.loaded != rows:
            load(self.rows, rows, self.left[:height], team)
            self.loaded = rows
        if mutual:
            load(self.rows, columns, self.right[:width], team)
        tile = self.buffer[: height * width].reshape(height, width)
        multiply(self.left[:height], (self.right if mutual else self.left)[:width], tile)
        if not mutual:
            np.fill_diagonal(tile, -_kernels.FAR)  # a row is never its own neighbour
        self.offer(tile, (rows[0], columns[0]), mutual, team)

    def offer(self, tile: np.ndarray, origin: Span, mutual: bool, team: Team) -> None:
        threads = min(team.size, _MOST_THREADS)
        row_parts, column_parts = parts(tile.shape[0], threads), parts(tile.shape[1], threads)
        lists = self.norms, self.values, self.indices, self.limits
        for turn in range(threads):
            # Threads hold disjoint rows and disjoint columns at any time: no two write to one list.
            turned = column_parts[turn:] + column_parts[:turn]
            calls: list[tuple[Any, ...]] = [
                (tile, *origin, *held, *lists, mutual) for held in zip(row_parts, turned, strict=True)
            ]
            jobs = [team.pool.submit(_kernels.scan_tile, *call) for call in calls]
            for job in jobs:
                job.result()


def load(rows: Rows, span: Span, out: np.ndarray, team: Team) -> None:
    """Weighted, centred rows in the precision of `out`."""
    block = rows.read(*span)
    team.over_rows(_kernels.centred, (block, rows.weights[span[0] : span[1]], out), rows.centre)


def multiply(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """left @ right.T into `out`, long rows in chunks that are then added."""
    np.matmul(left[:, :CHUNK], right[:, :CHUNK].T, out=out)
    for start in range(CHUNK, left.shape[1], CHUNK):
        out += left[:, start : start + CHUNK] @ right[:, start : start + CHUNK].T
