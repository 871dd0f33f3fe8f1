"""Compiled loops of the neighbour search. They release the interpreter lock: callers bring the threads."""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 32
SPAN = 1024  # columns whose squares are summed before they are added to those of the columns before
FAR = np.float32(1e30)  # farther than any pair of scaled rows; finite, so that fast arithmetic stays defined
_STRIP = 64


@njit(nogil=True, cache=True)
def add_rows(rows, weights, total):  # type: ignore[no-untyped-def]
    """Add the weighted rows to `total`."""
    for i in range(rows.shape[0]):
        for c in range(rows.shape[1]):
            total[c] += rows[i, c] * weights[i]


@njit(nogil=True, cache=True, fastmath={"reassoc"})
def squared_norms(rows, weights, centre, out):  # type: ignore[no-untyped-def]
    """Squared length of each weighted row as seen from the centre."""
    for i in range(rows.shape[0]):
        total = 0.0
        for c in range(rows.shape[1]):
            value = rows[i, c] * weights[i] - centre[c]
            total += value * value
        out[i] = total


@njit(nogil=True, cache=True)
def centred(rows, weights, centre, out):  # type: ignore[no-untyped-def]
    """Weighted rows minus the centre, in float64, rounded once to the precision of `out`."""
    for i in range(rows.shape[0]):
        for c in range(rows.shape[1]):
            out[i, c] = np.float64(rows[i, c]) * weights[i] - centre[c]


@njit(inline="always")
def _after(value, index, other_value, other_index):  # type: ignore[no-untyped-def]
    return value > other_value or (value == other_value and index > other_index)


@njit(inline="always")
def _replace_root(values, indices, value, index):  # type: ignore[no-untyped-def]
    """Put a nearer entry in place of the farthest of a heap, which is at its root."""
    size = values.shape[0]
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and _after(values[child + 1], indices[child + 1], values[child], indices[child]):
            child += 1
        if not _after(values[child], indices[child], value, index):
            break
        values[parent] = values[child]
        indices[parent] = indices[child]
        parent = child
    values[parent] = value
    indices[parent] = index


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz", "reassoc", "contract"})
def scan_tile(product, i0, j0, norms, values, indices, limits, mutual):  # type: ignore[no-untyped-def]
    """Offer every pair of one tile to the lists of its row and (if `mutual`) of its column.

    The tile is read once: strips in which no pair can enter either list cost a few vector instructions.
    Nobody else may hold the same lists meanwhile.
    """
    two = np.float32(2)
    for a in range(product.shape[0]):
        i = i0 + a
        norm = norms[i]
        limit = limits[i]
        for strip in range(0, product.shape[1], _STRIP):
            end = min(strip + _STRIP, product.shape[1])
            near = product[a, strip:end]
            their_norms = norms[j0 + strip : j0 + end]
            their_limits = limits[j0 + strip : j0 + end]
            hits = np.int32(0)  # counted, not tested one by one: the compiler turns this loop into vector code
            if mutual:
                for b in range(end - strip):
                    value = norm + their_norms[b] - two * near[b]
                    hits += np.int32((value < limit) | (value < their_limits[b]))
            else:
                for b in range(end - strip):
                    hits += np.int32(norm + their_norms[b] - two * near[b] < limit)
            if hits == 0:
                continue
            for b in range(end - strip):
                j = j0 + strip + b
                value = norm + their_norms[b] - two * near[b]
                if value < limit:
                    _replace_root(values[i], indices[i], value, j)
                    limit = values[i, 0]
                if mutual and value < their_limits[b]:
                    _replace_root(values[j], indices[j], value, i)
                    their_limits[b] = values[j, 0]
        limits[i] = limit


@njit(cache=True)
def _add_squares(x, x_weight, y, y_weight, total, lanes):  # type: ignore[no-untyped-def]
    """Add squared differences in float64, in one fixed order on every machine, also where columns come in spans.

    Columns are summed SPAN by SPAN. Element c of a span goes to lane c modulo LANES, lanes are added in order: the
    compiler may use vector instructions, yet has no rounding to choose.
    """
    for first in range(0, x.shape[0], SPAN):
        last = min(first + SPAN, x.shape[0])
        lanes[:] = 0.0
        whole = last - (last - first) % LANES
        for start in range(first, whole, LANES):
            for lane in range(LANES):
                c = start + lane
                difference = np.float64(x[c]) * x_weight - np.float64(y[c]) * y_weight
                lanes[lane] += difference * difference
        for c in range(whole, last):
            difference = np.float64(x[c]) * x_weight - np.float64(y[c]) * y_weight
            lanes[c - whole] += difference * difference
        part = 0.0
        for lane in range(LANES):
            part += lanes[lane]
        total += part
    return total


@njit(cache=True)
def _distance(x, x_weight, y, y_weight, root, lanes):  # type: ignore[no-untyped-def]
    """Distance in float64, or (not `root`) half its square."""
    total = _add_squares(x, x_weight, y, y_weight, 0.0, lanes)
    return np.sqrt(total) if root else total / 2


@njit(nogil=True, cache=True)
def add_pairs(rows, weights, first, second, totals):  # type: ignore[no-untyped-def]
    """Add to the total of each pair of rows its squared differences over some columns."""
    lanes = np.empty(LANES)
    for start in range(0, rows.shape[1], SPAN):  # span by span, for all rows' part of one may stay in cache
        part = rows[:, start : start + SPAN]
        for p in range(first.shape[0]):
            i, j = first[p], second[p]
            totals[p] = _add_squares(part[i], weights[i], part[j], weights[j], totals[p], lanes)


@njit(nogil=True, cache=True)
def measure(rows, weights, others, other_weights, j0, root, indices, out):  # type: ignore[no-untyped-def]
    """Direct float64 distances to those listed candidates that lie in rows j0... of `others`."""
    lanes = np.empty(LANES)
    for a in range(rows.shape[0]):
        for t in range(indices.shape[1]):
            b = indices[a, t] - j0
            if 0 <= b < others.shape[0]:
                out[a, t] = _distance(rows[a], weights[a], others[b], other_weights[b], root, lanes)


@njit(nogil=True, cache=True)
def sort_rows(values, indices):  # type: ignore[no-untyped-def]
    """Sort each row by value, then index (shell sort: rows are short)."""
    size = values.shape[1]
    for a in range(values.shape[0]):
        gap = 1
        while gap < size // 3:
            gap = 3 * gap + 1
        while gap > 0:
            for t in range(gap, size):
                value, index = values[a, t], indices[a, t]
                p = t
                while p >= gap and _after(values[a, p - gap], indices[a, p - gap], value, index):
                    values[a, p] = values[a, p - gap]
                    indices[a, p] = indices[a, p - gap]
                    p -= gap
                values[a, p] = value
                indices[a, p] = index
            gap //= 3


@njit(nogil=True, cache=True)
def rescan_tile(  # type: ignore[no-untyped-def]
    product, own, rows, weights, norms, others, other_weights, other_norms, j0, root, limits, values, indices
):
    """Measure directly every pair of a float64 tile that its product cannot exclude, and keep the nearest.

    `limits` is the largest product distance that the error bound cannot exclude. Columns come in ascending
    order, so of equal distances the first ones seen are the ones to keep.
    """
    lanes = np.empty(LANES)
    for a in range(product.shape[0]):
        for b in range(product.shape[1]):
            if values[a, 0] == 0.0:
                break
            if norms[a] + other_norms[b] - 2.0 * product[a, b] > limits[a] or own[a] == j0 + b:
                continue
            value = _distance(rows[a], weights[a], others[b], other_weights[b], root, lanes)
            if value < values[a, 0]:
                _replace_root(values[a], indices[a], value, j0 + b)
