"""Squared Euclidean distances between all rows, as precise as subtracting them one by one."""

from __future__ import annotations

import math
import os
from functools import partial

import numpy as np
from jaxtyping import Float
from numba import njit

from nucleate.arrays import check_finite, power_of_two
from nucleate.clusters._threads import in_threads
from nucleate.clusters.hierarchical._gram import centered_gram
from nucleate.errors import ArrayError

# |x - y|^2 = |x|^2 + |y|^2 - 2 x.y loses the digits that both sides share. Pairs closer than this part of their squared
# norms are subtracted column by column instead; all others keep a relative error below RELATIVE_ERROR.
CLOSE = 1e-3
RELATIVE_ERROR = 1e-11
_STRIP = 512
_TILE = 16


def squared_distances(X: Float[np.ndarray, "n d"]) -> tuple[Float[np.ndarray, "n n"], float]:
    """Squared distances in float64 (diagonal 0), and the power of two by which the columns were scaled.

    Takes n^2 d / 2 multiply-adds, 3 d more for each close pair, and 8 n^2 bytes.

    Raises
    ------
    ArrayError
        When the matrix exceeds the memory installed, or `X` holds NaN or infinity.
    """
    _check_memory(len(X))
    scale = 1.0 if X.dtype == np.float32 else scale_of(X)
    squared = centered_gram(X, scale)
    norms = np.diag(squared).copy()
    if not np.isfinite(norms).all():  # whatever is not finite in a row shows in its norm
        check_finite(X)
    edges = [*range(0, len(X), _STRIP), len(X)]
    in_threads(partial(_fill, squared, norms, X, scale), edges)
    return squared, scale


def _check_memory(n: int) -> None:
    if not hasattr(os, "sysconf"):  # Windows refuses the allocation itself
        return
    needed = 8 * n**2 / 2**30
    installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    if needed > installed:
        raise ArrayError(
            f"all distances between {n:,} samples take {needed:,.0f} GiB, of {installed:,.0f} installed",
            "Cluster each superclass by itself, or a random part of the samples",
        )


def scale_of(X: Float[np.ndarray, "n d"]) -> float:
    """The power of two that brings the largest entry near 1, for squares may overflow or vanish otherwise."""
    largest = max(float(X.max()), -float(X.min()))
    if not math.isfinite(largest):
        check_finite(X)
    return power_of_two(largest)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _fill(gram, norms, X, scale, first_row, last_row):  # type: ignore[no-untyped-def]
    """Turn these rows' part of the lower triangle of a Gram matrix into squared distances, and mirror it."""
    for row_start in range(first_row, last_row, _TILE):
        for column_start in range(0, row_start + 1, _TILE):  # tiles, so that the transposed writes stay in cache
            for i in range(row_start, min(row_start + _TILE, last_row)):
                stop = min(column_start + _TILE, i)
                close = False
                for j in range(column_start, stop):
                    value = norms[i] + norms[j] - 2 * gram[i, j]
                    gram[i, j] = value
                    close |= value < CLOSE * (norms[i] + norms[j])
                if close:
                    for j in range(column_start, stop):
                        if gram[i, j] < CLOSE * (norms[i] + norms[j]):
                            gram[i, j] = _subtracted(X[i], X[j], scale)
                for j in range(column_start, stop):
                    gram[j, i] = gram[i, j]
    for i in range(first_row, last_row):
        gram[i, i] = 0.0


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _subtracted(x, y, scale):  # type: ignore[no-untyped-def]
    total = 0.0
    for j in range(len(x)):
        difference = (np.float64(x[j]) - np.float64(y[j])) * scale
        total += difference * difference
    return total
