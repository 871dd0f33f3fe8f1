"""Inner products of all pairs of centred rows, in float64."""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float
from numba import njit
from scipy.linalg.blas import dsyrk

from nucleate.clusters._threads import in_threads

# Threads of BLAS wait for one another in every product: for a small group on a busy machine that was measured to cost
# up to 50 times the work itself. Small groups therefore share their columns among threads that never wait.
_SMALL = 512
_LANES = 16
_LANE_WORK = 2**25  # multiplications that pay for a thread
_BLOCK_COLUMNS = 512
_BLOCK_BYTES = 2**22


def centered_gram(X: Float[np.ndarray, "n d"], scale: float) -> Float[np.ndarray, "n n"]:
    """Inner products of the rows of `X * scale` less their mean; only the lower triangle is meant.

    Summed over blocks of columns, so that no float64 copy of `X` is made: memory is 8 n^2 bytes and a few blocks.
    """
    return _by_lanes(X, scale) if len(X) <= _SMALL else _by_blas(X, scale)


def _by_blas(X: Float[np.ndarray, "n d"], scale: float) -> Float[np.ndarray, "n n"]:
    n, d = X.shape
    width = min(d, max(1024, _BLOCK_BYTES // (8 * n)))
    buffer = np.empty(n * width)  # one for all blocks: fresh memory costs more than filling it
    gram = np.zeros((n, n), order="F")
    for start in range(0, d, width):
        width = min(width, d - start)
        block = buffer[: n * width].reshape(n, width)
        _center(X, start, scale, block)
        gram = dsyrk(1.0, block.T, beta=1.0, c=gram, trans=1, overwrite_c=1)
    return gram.T


def _by_lanes(X: Float[np.ndarray, "n d"], scale: float) -> Float[np.ndarray, "n n"]:
    """Lanes of columns, as many on any machine, so that sums come out alike however many cores there are."""
    n, d = X.shape
    lanes = max(1, min(_LANES, d, n * n * d // _LANE_WORK))
    edges = [lane * d // lanes for lane in range(lanes + 1)]
    gram, *others = in_threads(partial(_lane, X, scale), edges)
    for other in others:
        gram += other
    return np.ascontiguousarray(gram[:n, :n])


@njit(cache=True, nogil=True)
def _lane(X, scale, start, stop):  # type: ignore[no-untyped-def]
    n = len(X)
    padded = -(-n // 4) * 4
    buffer = np.empty(padded * min(_BLOCK_COLUMNS, stop - start))
    gram = np.zeros((padded, padded))
    for left in range(start, stop, _BLOCK_COLUMNS):
        width = min(_BLOCK_COLUMNS, stop - left)
        block = buffer[: padded * width].reshape(padded, width)
        block[n:] = 0
        _center(X, left, scale, block[:n])
        _add_products(block, gram)
    return gram


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _center(X, start, scale, block):  # type: ignore[no-untyped-def]
    """Fill `block` with the columns of `X` from `start` on, scaled, each less its mean."""
    n, width = block.shape
    mean = np.zeros(width)
    for i in range(n):
        row = X[i, start : start + width]
        for j in range(width):
            mean[j] += row[j] * scale
    mean /= n
    for i in range(n):
        row = X[i, start : start + width]
        for j in range(width):
            block[i, j] = row[j] * scale - mean[j]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _add_products(block, gram):  # type: ignore[no-untyped-def]
    """Add the inner products of all pairs of rows: four rows by four at a time, sixteen sums kept in registers."""
    width = block.shape[1]
    for i in range(0, len(block), 4):
        a0, a1, a2, a3 = block[i], block[i + 1], block[i + 2], block[i + 3]
        for j in range(0, i + 4, 4):
            b0, b1, b2, b3 = block[j], block[j + 1], block[j + 2], block[j + 3]
            s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
            s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = 0.0
            for k in range(width):
                s00 += a0[k] * b0[k]
                s01 += a0[k] * b1[k]
                s02 += a0[k] * b2[k]
                s03 += a0[k] * b3[k]
                s10 += a1[k] * b0[k]
                s11 += a1[k] * b1[k]
                s12 += a1[k] * b2[k]
                s13 += a1[k] * b3[k]
                s20 += a2[k] * b0[k]
                s21 += a2[k] * b1[k]
                s22 += a2[k] * b2[k]
                s23 += a2[k] * b3[k]
                s30 += a3[k] * b0[k]
                s31 += a3[k] * b1[k]
                s32 += a3[k] * b2[k]
                s33 += a3[k] * b3[k]
            for row, sums in enumerate(
                ((s00, s01, s02, s03), (s10, s11, s12, s13), (s20, s21, s22, s23), (s30, s31, s32, s33))
            ):
                for column, value in enumerate(sums):
                    gram[i + row, j + column] += value
