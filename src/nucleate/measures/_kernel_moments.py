"""All that CKA needs of two kernel matrices, gathered from products of columns or from tiles, never n x n."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numba
import numpy as np
from jaxtyping import Float
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nucleate.errors import ArrayError
from nucleate.neighbors import knn

BLOCK_ROWS = 512  # tiles of 2 MiB stay in cache
CHUNK = 4096  # columns of wide rows that are centred at a time: 16 MiB
FEATURE_ROWS = 1024  # so many are centred at a time for products of columns
HELD_ENTRIES = 2**23  # so many are centred once and kept: 64 MiB
MOST_FEATURES = 8192  # the feature form holds the products of all pairs of columns: 512 MiB


@dataclass(frozen=True)
class Moments:
    """Sums over the kernel matrices K and L."""

    kk: float  # sum of K_ij K_ij
    kl: float
    ll: float
    k_rows: Float[np.ndarray, " n"]  # row sums of K
    l_rows: Float[np.ndarray, " n"]
    k_own: Float[np.ndarray, " n"]  # diagonal of K
    l_own: Float[np.ndarray, " n"]


def linear_moments(X: Float[np.ndarray, "n d"], Y: Float[np.ndarray, "n e"]) -> Moments:
    """Of inner products of centred rows."""
    if X.shape[1] + Y.shape[1] <= MOST_FEATURES and max(X.shape[1], Y.shape[1]) < len(X):
        return _from_features(X, Y)
    (found,) = _from_tiles(_Rows.linear(X), _Rows.linear(Y), len(X), (1.0,))
    return found


def gaussian_moments(
    X: Float[np.ndarray, "n d"], Y: Float[np.ndarray, "n e"], bandwidths: Sequence[float]
) -> list[Moments]:
    """Of Gaussian kernels, one for each bandwidth; the products are taken once for all."""
    return _from_tiles(_Rows.gaussian(X, "X"), _Rows.gaussian(Y, "Y"), len(X), bandwidths)


def _from_features(X: Float[np.ndarray, "n d"], Y: Float[np.ndarray, "n e"]) -> Moments:
    """Linear kernels from products of columns: |X^T Y|^2 is the sum of K_ij L_ij."""
    n, d = X.shape
    parts = (X, slice(d), X.mean(axis=0, dtype=np.float64)), (Y, slice(d, None), Y.mean(axis=0, dtype=np.float64))
    columns = d + Y.shape[1]
    products, own = np.zeros((columns, columns)), np.empty((2, n))
    for start in range(0, n, FEATURE_ROWS):
        rows = slice(start, min(start + FEATURE_ROWS, n))
        block = np.empty((rows.stop - start, columns))
        for side, (rows_of, place, mean) in enumerate(parts):
            centred = np.subtract(rows_of[rows], mean, out=block[:, place])
            own[side, rows] = np.einsum("ij,ij->i", centred, centred)
        products += block.T @ block
    kk, kl, ll = (float(np.vdot(part, part)) for part in (products[:d, :d], products[:d, d:], products[d:, d:]))
    nothing = np.zeros(n)  # centred columns: every row of K sums to 0
    return Moments(kk, kl, ll, nothing, nothing, own[0], own[1])


@dataclass(frozen=True)
class _Rows:
    """Centred rows in some unit, and their products; with halves of their squared norms, what makes those Gaussian."""

    X: Float[np.ndarray, "n d"]
    mean: Float[np.ndarray, " d"]
    unit: float = 1.0
    halves: Float[np.ndarray, " n"] | None = None
    held: Float[np.ndarray, "n d"] | None = None  # all rows, centred, where they are few

    @classmethod
    def linear(cls, X: Float[np.ndarray, "n d"], unit: float = 1.0) -> _Rows:
        rows = cls(X, X.mean(axis=0, dtype=np.float64), unit)
        return replace(rows, held=rows.block(slice(None), slice(None))) if X.size <= HELD_ENTRIES else rows

    @classmethod
    def gaussian(cls, X: Float[np.ndarray, "n d"], name: str) -> _Rows:
        nearest = float(knn(X, 1).distances.mean())
        if nearest == 0:
            raise ArrayError(
                f"every row of {name} has a duplicate, so the mean distance to the first neighbour is 0",
                "Remove duplicates",
            )
        rows = cls.linear(X, nearest)
        halves = np.zeros(len(X))
        for start in range(0, len(X), BLOCK_ROWS):
            own = slice(start, start + BLOCK_ROWS)
            for columns in rows.chunks:
                x = rows.block(own, columns)
                halves[own] += np.einsum("ij,ij->i", x, x) / 2
        return replace(rows, halves=halves)

    @property
    def chunks(self) -> list[slice]:
        """Columns of wide rows a few at a time."""
        d = self.X.shape[1]
        return [slice(start, min(start + CHUNK, d)) for start in range(0, d, CHUNK)]

    def block(self, rows: slice, columns: slice) -> Float[np.ndarray, "a b"]:
        """Some columns of some rows, in float64."""
        if self.held is not None:
            return self.held[rows, columns]
        x = self.X[rows, columns] - self.mean[columns]
        if self.unit != 1:
            x /= self.unit
        return x

    def products(self, rows: slice, others: slice) -> Float[np.ndarray, "a b"]:
        """Inner products of two ranges of rows, or -|x - y|^2 / 2."""
        first, *more = self.chunks
        total: np.ndarray = self.block(rows, first) @ self.block(others, first).T
        for columns in more:
            total += self.block(rows, columns) @ self.block(others, columns).T
        if self.halves is not None:
            total -= self.halves[rows, None]
            total -= self.halves[others]
        return total

    def tile(self, products: np.ndarray, bandwidth: float, out: np.ndarray) -> Float[np.ndarray, "a b"]:
        """Entries of the kernel matrix."""
        if self.halves is None:
            return products
        exponent = np.multiply(products, bandwidth**-2, out=out)
        return np.exp(exponent, out=exponent)


def _from_tiles(first: _Rows, second: _Rows, n: int, bandwidths: Sequence[float]) -> list[Moments]:
    """Sums over both kernel matrices, tile by tile; each pair of samples once, rows of tiles side by side."""
    spans = [slice(start, min(start + BLOCK_ROWS, n)) for start in range(0, n, BLOCK_ROWS)]
    own = np.empty((len(bandwidths), 2, n))

    def row_of_tiles(i: int) -> tuple[Float[np.ndarray, "widths 3"], Float[np.ndarray, "widths 2 n"]]:
        rows = spans[i]
        products, sums = np.zeros((len(bandwidths), 3)), np.zeros((len(bandwidths), 2, n))
        ones, scratch = np.ones(BLOCK_ROWS), np.empty((2, BLOCK_ROWS**2))
        for columns in spans[i:]:
            pair = first.products(rows, columns), second.products(rows, columns)
            for width, bandwidth in enumerate(bandwidths):
                last = width == len(bandwidths) - 1  # nobody needs the products any more
                out = pair if last else [buffer[: pair[0].size].reshape(pair[0].shape) for buffer in scratch]
                K, L = first.tile(pair[0], bandwidth, out[0]), second.tile(pair[1], bandwidth, out[1])
                sums[width, :, rows] += K @ ones[: K.shape[1]], L @ ones[: L.shape[1]]
                if rows == columns:
                    own[width, :, rows] = K.diagonal(), L.diagonal()
                else:
                    sums[width, :, columns] += ones[: len(K)] @ K, ones[: len(L)] @ L
                times = 1 if rows == columns else 2
                products[width] += times * np.array([np.vdot(K, K), np.vdot(K, L), np.vdot(L, L)])
        return products, sums

    products, sums = np.zeros((len(bandwidths), 3)), np.zeros((len(bandwidths), 2, n))
    # One thread per product: tiles side by side are faster than tiles shared among all cores.
    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as pool, threadpool_limits(1, user_api="blas"):
        for part, row_sums in pool.map(row_of_tiles, range(len(spans))):
            products += part
            sums += row_sums
    return [
        Moments(float(kk), float(kl), float(ll), *row_sums, *diagonals)
        for (kk, kl, ll), row_sums, diagonals in zip(products, sums, own, strict=True)
    ]
