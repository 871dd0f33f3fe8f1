"""The exact search: candidate lists filled tile by tile, measured, proved and, where needed, repaired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement
from typing import Any

import numba
import numpy as np
from jaxtyping import Bool, Float, Int, Int32

from nucleate.errors import ArrayError
from nucleate.machine import one_thread_per_product
from nucleate.neighbors import _kernels
from nucleate.neighbors._bounds import ErrorBound
from nucleate.neighbors._neighbors import Metric, Neighbors, check_metric
from nucleate.neighbors._rows import Rows
from nucleate.neighbors._source import Source, Span, spans
from nucleate.neighbors._tiles import CHUNK, TileScan, multiply

_TILES_PER_STEP = 64


class KNNSearch:
    """An exact nearest-neighbour search that can be stopped between steps, saved and resumed.

    `nucleate.neighbors.knn` runs it from start to end; use it directly to report progress or to commit partial
    results of a long search.

    Parameters
    ----------
    X, k, metric
        As for `nucleate.neighbors.knn`.
    block_rows : int, optional
        Rows per tile side, by default up to 1536, fewer for small n and for rows of more than 5461 columns.
    threads : int, optional
        Number of tiles worked on at a time, by default numba's number of threads (``NUMBA_NUM_THREADS``, the usable
        cores). While they run, NumPy's matrix products are held to one thread each.

    Attributes
    ----------
    tiles : int
        Number of tiles of the search.
    done : int
        Number of tiles finished.
    rows : Rows
        The rows, with the frame they are searched in.
    width : int
        Length of the candidate lists, a few more than k.

    Raises
    ------
    ArrayError
        As `nucleate.neighbors.knn` does.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(300, 8))
    >>> search = KNNSearch(X, k=5, block_rows=20)
    >>> for done in search.steps():
    ...     state = search.state()  # plain arrays, to be saved
    ...     break
    >>> search
    KNNSearch(n=300, k=5, metric='euclidean', 64/120 tiles)
    >>> resumed = KNNSearch(X, k=5, block_rows=20)
    >>> resumed.restore(state)
    >>> resumed.result()
    Neighbors(n=300, k=5, metric='euclidean')
    """

    def __init__(
        self,
        X: Any,
        k: int = 30,
        *,
        metric: Metric = "euclidean",
        block_rows: int | None = None,
        threads: int | None = None,
    ) -> None:
        check_metric(metric)
        source = Source.of(X, block_rows=block_rows)
        if not 1 <= k < source.n:
            raise ArrayError(f"k={k} for {source.n} samples", f"Ask for 1 to {source.n - 1} neighbours")
        self.rows = Rows.of(source, metric)
        self._k = k
        self._threads = threads or numba.config.NUMBA_NUM_THREADS
        self._pairs = list(combinations_with_replacement(source.blocks, 2))
        self.tiles, self.done = len(self._pairs), 0
        # A few more candidates than neighbours: the gap between the k-th and the last is what proves the k.
        self.width = min(source.n - 1, k + max(8, k // 4))
        self._values = np.full((source.n, self.width), _kernels.FAR, np.float32)
        self._indices = np.full((source.n, self.width), -1, np.int32)
        self._limits = np.full(source.n, _kernels.FAR, np.float32)

    def __repr__(self) -> str:
        size = f"n={self.rows.source.n}, k={self._k}, metric={self.rows.metric!r}"
        return f"KNNSearch({size}, {self.done}/{self.tiles} tiles)"

    def steps(self) -> Iterator[int]:
        """Work through the tiles that are left, yielding the number of tiles done after every few.

        An error or interrupt inside a step (not between two) loses all tiles of this search.
        """
        scan = TileScan(self.rows, (self._values, self._indices, self._limits), self._threads)
        with ThreadPoolExecutor(self._threads) as pool:
            while self.done < self.tiles:
                try:
                    with one_thread_per_product():
                        list(pool.map(scan, self._pairs[self.done : self.done + _TILES_PER_STEP]))
                except BaseException:
                    # Some tiles of this step are in the lists, and a tile offered twice would be listed twice.
                    pool.shutdown(cancel_futures=True)
                    self._forget()
                    raise
                self.done = min(self.done + _TILES_PER_STEP, self.tiles)
                yield self.done

    def _forget(self) -> None:
        self._values[:], self._indices[:], self._limits[:] = _kernels.FAR, -1, _kernels.FAR
        self.done = 0

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that the finished tiles have found, as plain arrays."""
        return {
            "values": self._values.copy(),
            "indices": self._indices.copy(),
            "norms": self.rows.norms.copy(),
            "progress": np.array([self.done, self.rows.source.block_rows]),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a state of the same search: same rows, k, metric and block_rows.

        Raises
        ------
        ArrayError
            When the state belongs to another search.
        """
        done, block_rows = (int(number) for number in state["progress"])
        if (
            state["values"].shape != self._values.shape
            or block_rows != self.rows.source.block_rows
            or not np.allclose(state["norms"], self.rows.norms, rtol=1e-6, atol=1e-9 * self.rows.norms.max())
        ):
            raise ArrayError(
                f"the saved state does not belong to {self!r}", "Resume with the same X, k, metric and block_rows"
            )
        self.fill(state["values"], state["indices"], done)

    def fill(self, values: Float[np.ndarray, "n width"], indices: Int32[np.ndarray, "n width"], done: int) -> None:
        """Take over candidate lists found elsewhere by the first `done` tiles."""
        self._values[:], self._indices[:] = values, indices
        np.max(values, axis=1, out=self._limits)
        self.done = done

    def result(self) -> Neighbors:
        """Finish the tiles that are left, then measure, prove and, where needed, repair every row."""
        for _ in self.steps():
            pass
        source = self.rows.source
        found = np.empty((source.n, self._k), np.int32)
        distances = np.empty((source.n, self._k))
        proved = np.empty(source.n, bool)

        def measure(block: Span) -> None:
            rows = slice(*block)
            found[rows], distances[rows], proved[rows] = self._measure(*block)

        def repair(batch: Int[np.ndarray, " b"]) -> None:
            found[batch], distances[batch] = search_again(self.rows, batch, distances[batch])

        with ThreadPoolExecutor(self._threads) as pool, one_thread_per_product():
            list(pool.map(measure, source.blocks))
            pending = np.flatnonzero(~proved)
            size = min(source.block_rows, max(1, -(-len(pending) // self._threads)))
            list(pool.map(repair, [pending[start:stop] for start, stop in spans(len(pending), size)]))
        self.rows.unscale(distances)
        return Neighbors(found, distances, self.rows.metric)

    def _measure(
        self, start: int, stop: int
    ) -> tuple[Int32[np.ndarray, "b k"], Float[np.ndarray, "b k"], Bool[np.ndarray, " b"]]:
        """Measure the candidates of some rows in float64; say for which rows they are proved complete."""
        rows, source, weights = self.rows, self.rows.source, self.rows.weights
        own = source.read(start, stop)
        indices = self._indices[start:stop].copy()
        distances = np.empty(indices.shape)
        for low, high in [(0, source.n)] if source.in_memory else source.blocks:
            others = source.read(low, high), weights[low:high], low
            _kernels.measure(own, weights[start:stop], *others, rows.root, indices, distances)
        _kernels.sort_rows(distances, indices)
        distances, indices = distances[:, : self._k], indices[:, : self._k]
        if self.width == source.n - 1:
            return indices, distances, np.ones(stop - start, bool)
        bound = ErrorBound.of(np.float32, columns=source.d, chunk=CHUNK)
        needed = rows.product_limit(bound, slice(start, stop), distances[:, -1])
        return indices, distances, self._limits[start:stop] > needed


def search_again(
    rows: Rows, own: Int[np.ndarray, " b"], reached: Float[np.ndarray, "b k"]
) -> tuple[Int32[np.ndarray, "b k"], Float[np.ndarray, "b k"]]:
    """Search some rows among all in float64; the last distance `reached` bounds the k-th to be found."""
    source = rows.source
    mine, weights, norms = source.gather(own), rows.weights[own], rows.norms[own]
    left, right = np.empty(mine.shape), np.empty((source.block_rows, source.d))
    _kernels.centred(mine, weights, rows.centre, left)
    bound = ErrorBound.of(np.float64, columns=source.d, chunk=CHUNK)
    limits = rows.product_limit(bound, own, reached[:, -1])
    distances = np.full(reached.shape, np.inf)
    indices = np.full(reached.shape, -1, np.int32)
    for start, stop in source.blocks:
        if not distances[:, 0].any():
            break  # k copies of every row are found: nothing is nearer
        rows.load((start, stop), right[: stop - start])
        tile = np.empty((len(own), stop - start))
        multiply(left, right[: stop - start], tile)
        others = source.read(start, stop), rows.weights[start:stop], rows.norms[start:stop], start
        _kernels.rescan_tile(tile, own, mine, weights, norms, *others, rows.root, limits, distances, indices)
    _kernels.sort_rows(distances, indices)
    return indices, distances
