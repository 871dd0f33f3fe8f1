"""The exact search: candidate lists filled tile by tile, measured, proved and, where needed, repaired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
from jaxtyping import Bool, Float, Int, Int32

from nucleate.errors import ArrayError
from nucleate.neighbors import _kernels
from nucleate.neighbors._bounds import ErrorBound
from nucleate.neighbors._neighbors import Metric, Neighbors, check_metric
from nucleate.neighbors._rows import Rows, spans
from nucleate.neighbors._team import Team
from nucleate.neighbors._tiles import CHUNK, TileScan, load, multiply


class KNNSearch:
    """An exact nearest-neighbour search that can be stopped between tiles, saved and resumed.

    `nucleate.neighbors.knn` runs it from start to end; use it directly to report progress or to commit partial
    results of a long search.

    Parameters
    ----------
    X, k, metric
        As for `nucleate.neighbors.knn`.
    block_rows : int, optional
        Rows per tile side, by default 1536, fewer for rows of more than 5461 columns. Memory grows with its
        square, the number of times rows are read with its inverse.
    threads : int, optional
        Threads for the scans, by default numba's (``NUMBA_NUM_THREADS``, the usable cores). Products use as
        many as NumPy's BLAS does.

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
    >>> search = KNNSearch(X, k=5, block_rows=100)
    >>> for done in search.steps():
    ...     if done == 4:
    ...         state = search.state()  # plain arrays, to be saved
    ...         break
    >>> search.tiles
    6
    >>> resumed = KNNSearch(X, k=5, block_rows=100)
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
        self.rows = rows = Rows.of(X, metric=metric, block_rows=block_rows)
        if not 1 <= k < rows.n:
            raise ArrayError(f"k={k} for {rows.n} samples", f"Ask for 1 to {rows.n - 1} neighbours")
        self._k = k
        self._threads = threads or numba.config.NUMBA_NUM_THREADS
        self._blocks = spans(rows.n, rows.block_rows)
        self._pairs = [(i, j) for i in range(len(self._blocks)) for j in range(i, len(self._blocks))]
        self.tiles, self.done = len(self._pairs), 0
        # A few more candidates than neighbours: the gap between the k-th and the last is what proves the k.
        self.width = min(rows.n - 1, k + max(8, k // 4))
        self._values = np.full((rows.n, self.width), _kernels.FAR, np.float32)
        self._indices = np.full((rows.n, self.width), -1, np.int32)
        self._limits = np.full(rows.n, _kernels.FAR, np.float32)

    def __repr__(self) -> str:
        return f"KNNSearch(n={self.rows.n}, k={self._k}, metric={self.rows.metric!r}, {self.done}/{self.tiles} tiles)"

    def steps(self) -> Iterator[int]:
        """Work through the tiles that are left, yielding the number of tiles done after each."""
        scan = TileScan(self.rows, self._values, self._indices, self._limits)
        with ThreadPoolExecutor(self._threads) as pool:
            for i, j in self._pairs[self.done :]:
                scan.tile(self._blocks[i], self._blocks[j], Team(pool, self._threads))
                self.done += 1
                yield self.done

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that the finished tiles have found, as plain arrays."""
        return {
            "values": self._values.copy(),
            "indices": self._indices.copy(),
            "norms": self.rows.norms.copy(),
            "progress": np.array([self.done, self.rows.block_rows]),
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
            or block_rows != self.rows.block_rows
            or not np.allclose(state["norms"], self.rows.norms, rtol=1e-6, atol=0)
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
        rows = self.rows
        found = np.empty((rows.n, self._k), np.int32)
        squared = np.empty((rows.n, self._k))
        proved = np.empty(rows.n, bool)
        with ThreadPoolExecutor(self._threads) as pool:
            team = Team(pool, self._threads)
            for start, stop in self._blocks:
                found[start:stop], squared[start:stop], proved[start:stop] = self._measure(start, stop, team)
            pending = np.flatnonzero(~proved)
            for start, stop in spans(len(pending), rows.block_rows):
                batch = pending[start:stop]
                found[batch], squared[batch] = _search_again(rows, batch, squared[batch], team)
        rows.to_distances(squared)
        return Neighbors(found, squared, rows.metric)

    def _measure(
        self, start: int, stop: int, team: Team
    ) -> tuple[Int32[np.ndarray, "b k"], Float[np.ndarray, "b k"], Bool[np.ndarray, " b"]]:
        """Measure the candidates of some rows in float64; say for which rows they are proved complete."""
        rows = self.rows
        own, weights = rows.read(start, stop), rows.weights[start:stop]
        indices = self._indices[start:stop].copy()
        squared = np.empty(indices.shape)
        for low, high in [(0, rows.n)] if rows.in_memory else self._blocks:
            others = rows.read(low, high)
            team.over_rows(_kernels.measure, (own, weights, indices, squared), others, rows.weights[low:high], low)
        team.over_rows(_kernels.sort_rows, (squared, indices))
        squared, indices = squared[:, : self._k], indices[:, : self._k]
        if self.width == rows.n - 1:
            return indices, squared, np.ones(stop - start, bool)
        bound = ErrorBound.of(np.float32, columns=rows.d, chunk=CHUNK)
        needed = bound.product_limit(squared[:, -1], np.sqrt(rows.norms[start:stop]))
        return indices, squared, self._limits[start:stop] > needed


def _search_again(
    rows: Rows, own: Int[np.ndarray, " b"], squared: Float[np.ndarray, "b k"], team: Team
) -> tuple[Int32[np.ndarray, "b k"], Float[np.ndarray, "b k"]]:
    """Search some rows among all in float64; the last of `squared` bounds their k-th squared distance."""
    mine, weights, norms = rows.gather(own), rows.weights[own], rows.norms[own]
    left = np.empty(mine.shape)
    team.over_rows(_kernels.centred, (mine, weights, left), rows.centre)
    bound = ErrorBound.of(np.float64, columns=rows.d, chunk=CHUNK)
    limits = bound.product_limit(squared[:, -1], np.sqrt(norms))
    nearest = np.full(squared.shape, np.inf)
    indices = np.full(squared.shape, -1, np.int32)
    right = np.empty((rows.block_rows, rows.d))
    for start, stop in spans(rows.n, rows.block_rows):
        if not nearest[:, -1].any():
            break  # k copies of every row are found: nothing is nearer
        load(rows, (start, stop), right[: stop - start], team)
        tile = np.empty((len(own), stop - start))
        multiply(left, right[: stop - start], tile)
        theirs = rows.read(start, stop), rows.weights[start:stop], rows.norms[start:stop]
        team.over_rows(
            _kernels.rescan_tile, (tile, own, mine, weights, norms, limits, nearest, indices), *theirs, start
        )
    return indices, nearest
