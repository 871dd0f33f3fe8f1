"""Exact k nearest neighbours: float32 candidates, float64 distances, a proof for every row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from jaxtyping import Float, Int, Int32

from nucleate.errors import ArrayError
from nucleate.neighbors import _kernels
from nucleate.neighbors._bounds import ErrorBound
from nucleate.neighbors._neighbors import Metric, Neighbors, _check_metric
from nucleate.neighbors._rows import Rows, Span, spans

_BLOCK_ROWS = 2048
_CHUNK = 4096


def knn(X: Any, k: int = 30, *, metric: Metric = "euclidean") -> Neighbors:
    r"""Find the exact k nearest neighbours of every row.

    Row i's neighbours are the k rows with the smallest :math:`(\|x_i - x_j\|, j)`, i itself left out: ties go
    to the smaller index. For ``metric="cosine"`` the distance is
    :math:`1 - \cos(x_i, x_j) = \|x_i/\|x_i\| - x_j/\|x_j\|\|^2 / 2`, without the cancellation of the first form.

    Candidates come from float32 matrix products of centred rows, their distances are measured again in
    float64 from the data as given, and a rounding-error bound proves that no other row is nearer. Rows
    without such a proof (many ties, far-apart clusters) are searched again in float64. The result
    therefore equals a float64 brute force and has the same bits for any number of threads.

    Parameters
    ----------
    X : array, tensor or row source, (n, d)
        Samples by columns. Besides arrays, any object with `shape`, `dtype` and row slicing
        (``X[start:stop]``): then only a few blocks of rows are in memory at a time.
    k : int
        Neighbours per row, 1 to n - 1.
    metric : {"euclidean", "cosine"}
        Distance to use.

    Returns
    -------
    Neighbors
        int32 indices and float64 distances, both (n, k).

    Raises
    ------
    ArrayError
        When X has fewer than two rows or holds NaN or infinity, when k is not between 1 and n - 1, or when
        a row of zeros meets the cosine metric.

    Notes
    -----
    Time: n**2 d floating-point operations in float32 (each pair's product is taken once) and about
    1.3 n k d in float64. Memory beyond X and the result: 10 n k bytes and a few tiles of 16 MiB.

    Examples
    --------
    >>> neighbors = knn([[0.0], [1.0], [3.0], [7.0]], k=2)
    >>> neighbors.indices.tolist()
    [[1, 2], [0, 2], [1, 0], [2, 1]]
    >>> neighbors.distances[3].tolist()
    [4.0, 6.0]
    """
    _check_metric(metric)
    rows = Rows.of(X, metric=metric, block_rows=_BLOCK_ROWS)
    if not 1 <= k < rows.n:
        raise ArrayError(f"k={k} for {rows.n} samples", f"Ask for 1 to {rows.n - 1} neighbours")
    return _Search(rows, k, block_rows=_BLOCK_ROWS, threads=numba.config.NUMBA_NUM_THREADS).run()


class _Search:
    """One search: candidate lists filled tile by tile, then measured, proved and, where needed, repaired."""

    def __init__(self, rows: Rows, k: int, *, block_rows: int, threads: int) -> None:
        self.rows, self.k, self.threads = rows, k, threads
        self.blocks = spans(rows.n, block_rows)
        self.block_rows = block_rows
        width = min(rows.n - 1, k + max(8, k // 4))
        self.values = np.full((rows.n, width), _kernels.FAR, np.float32)
        self.indices = np.full((rows.n, width), -1, np.int32)
        self.limits = np.full(rows.n, _kernels.FAR, np.float32)
        self.norms = rows.norms.astype(np.float32)

    def run(self) -> Neighbors:
        with ThreadPoolExecutor(self.threads) as pool:
            for i, rows in enumerate(self.blocks):
                for columns in self.blocks[i:]:
                    self.scan(rows, columns, pool)
        found = np.empty((self.rows.n, self.k), np.int32)
        squared = np.empty((self.rows.n, self.k))
        unproved = []
        for start, stop in self.blocks:
            indices, distances, proved = self.finish(start, stop)
            found[start:stop], squared[start:stop] = indices, distances
            unproved.append(start + np.flatnonzero(~proved))
        pending = np.concatenate(unproved)
        for start, stop in spans(len(pending), self.block_rows):
            batch = pending[start:stop]
            found[batch], squared[batch] = self.repair(batch, squared[batch, -1])
        return Neighbors(found, self.rows.distances(squared), self.rows.metric)

    def scan(self, rows: Span, columns: Span, pool: ThreadPoolExecutor) -> None:
        """Take one tile's products and offer each pair to the lists of both its rows."""
        mutual = rows != columns
        tile = self.product(self.centred(rows, np.float32), self.centred(columns, np.float32))
        if not mutual:
            np.fill_diagonal(tile, -_kernels.FAR)  # a row is never its own neighbour
        row_parts, column_parts = _parts(tile.shape[0], self.threads), _parts(tile.shape[1], self.threads)
        for turn in range(self.threads):
            # Threads hold disjoint rows and disjoint columns at any time: no two write to one list.
            jobs = [
                pool.submit(
                    _kernels.scan_tile,
                    tile,
                    rows[0],
                    columns[0],
                    part,
                    column_parts[(p + turn) % self.threads],
                    self.norms,
                    self.values,
                    self.indices,
                    self.limits,
                    mutual,
                )
                for p, part in enumerate(row_parts)
            ]
            for job in jobs:
                job.result()

    def centred(self, span: Span, dtype: type[np.floating]) -> np.ndarray:
        out = np.empty((span[1] - span[0], self.rows.d), dtype)
        _kernels.centred(self.rows.read(*span), self.rows.weights[slice(*span)], self.rows.centre, out)
        return out

    @staticmethod
    def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """left @ right.T, long rows in chunks: shorter sums have smaller errors."""
        total = left[:, :_CHUNK] @ right[:, :_CHUNK].T
        for start in range(_CHUNK, left.shape[1], _CHUNK):
            total += left[:, start : start + _CHUNK] @ right[:, start : start + _CHUNK].T
        return total

    def finish(self, start: int, stop: int) -> tuple[Int32[np.ndarray, "b k"], Float[np.ndarray, "b k"], np.ndarray]:
        """Measure the candidates of some rows in float64; say for which rows they are proved complete."""
        rows = self.rows
        own, weights = rows.read(start, stop), rows.weights[start:stop]
        indices = self.indices[start:stop].copy()
        squared = np.empty(indices.shape)
        for low, high in [(0, rows.n)] if isinstance(rows.source, np.ndarray) else self.blocks:
            _kernels.measure(own, weights, rows.read(low, high), rows.weights[low:high], low, indices, squared)
        _kernels.sort_rows(squared, indices)
        indices, squared = indices[:, : self.k], squared[:, : self.k]
        if self.indices.shape[1] == rows.n - 1:
            return indices, squared, np.ones(stop - start, bool)
        bound = ErrorBound.of(np.float32, columns=rows.d, chunk=_CHUNK)
        needed = bound.product_limit(squared[:, -1], np.sqrt(rows.norms[start:stop]))
        return indices, squared, self.limits[start:stop] > needed

    def repair(
        self, own: Int[np.ndarray, " b"], farthest: Float[np.ndarray, " b"]
    ) -> tuple[Int32[np.ndarray, "b k"], Float[np.ndarray, "b k"]]:
        """Search some rows again in float64, among all rows; `farthest` bounds their k-th squared distance."""
        rows = self.rows
        mine = rows.gather(own, self.block_rows)
        weights, norms = rows.weights[own], rows.norms[own]
        left = np.empty(mine.shape)
        _kernels.centred(mine, weights, rows.centre, left)
        bound = ErrorBound.of(np.float64, columns=rows.d, chunk=_CHUNK)
        limits = bound.product_limit(farthest, np.sqrt(norms))
        values = np.full((len(own), self.k), np.inf)
        indices = np.full((len(own), self.k), -1, np.int32)
        for start, stop in self.blocks:
            if not values[:, -1].any():
                break  # k copies of every row are found: nothing is nearer
            others = rows.read(start, stop)
            tile = self.product(left, self.centred((start, stop), np.float64))
            _kernels.rescan_tile(
                tile,
                own,
                mine,
                weights,
                norms,
                others,
                rows.weights[start:stop],
                rows.norms[start:stop],
                start,
                limits,
                values,
                indices,
            )
        return indices, values


def _parts(size: int, count: int) -> list[Span]:
    edges = np.linspace(0, size, count + 1).astype(int).tolist()
    return list(pairwise(edges))
