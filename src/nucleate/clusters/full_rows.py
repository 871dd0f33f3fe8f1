r"""Lists of candidates from whole rows of the distance matrix, by float32 products.

For means x, y (float64, seen from the data's centre) rounded to float32 the product gives

.. math:: \|x\|^2 + \|y\|^2 - 2 \langle fl(x), fl(y) \rangle

with norms in float64. Any order of summing d products is within :math:`\gamma_d \|x\| \|y\|` of the truth,
:math:`\gamma_d = du/(1-du)`, u = 2^-24 (Higham, *Accuracy and Stability of Numerical Algorithms*, section 3.1), and
rounding the means moves the product by at most :math:`(2u + u^2) \|x\| \|y\|`. So the squared distance is at least
the computed one less :math:`2 (\gamma_d + 3u) \|x\| \|y\|`, up to terms of second order and of float64, which a margin
of one hundredth covers, and less what underflows: columns are scaled so that the largest is near 1, and each of the
about 3 d roundings below loses at most 2^-126 times a number below 4. Lists are chosen by these lower ends: then the
largest of a list bounds everything outside it.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from nucleate.clusters.candidates import LENGTH, SLACK, Means, ward_distance
from nucleate.clusters.threads import in_threads

Candidates = tuple[
    Int[np.ndarray, "m length"], Float[np.ndarray, "m length"], Int[np.ndarray, " m"], Float[np.ndarray, " m"]
]
"""Candidates of each cluster, how far each is at least, how many there are, and how far everything else is at least."""

_BATCH_ROWS = 1024
_BATCH_COLUMNS = 2048
_MARGIN = 1.01


def error_factor(columns: int) -> float:
    """c with: a squared distance from a float32 product errs by less than c |x| |y|."""
    u = 2.0**-24
    gamma = columns * u / (1 - columns * u)
    return _MARGIN * 2 * (gamma + 3 * u)


def nearest_by_products(
    means: Means,
    sizes: Float[np.ndarray, " n"],
    rows: Int[np.ndarray, " m"],
    live: Int[np.ndarray, " l"],
) -> Candidates:
    """For each cluster of `rows`: LENGTH candidates among `live`, how many there are, and the bound of all others.

    Takes m l d multiply-adds in float32 and a few blocks of memory.
    """
    members = np.full((len(rows), LENGTH + 1), -1, np.int32)
    lowest = np.full((len(rows), LENGTH + 1), np.inf)
    squared = np.empty(len(live))
    in_threads(partial(_squared_norms, means, live, squared), _stretches(len(live)))
    norm_of = np.zeros(len(sizes))
    norm_of[live] = squared
    d = len(means.centre)
    error = error_factor(d), 32 * d * 2.0**-126
    left = np.empty((min(_BATCH_ROWS, len(rows)), d), np.float32)
    right = np.empty((min(_BATCH_COLUMNS, len(live)), d), np.float32)
    for first in range(0, len(rows), _BATCH_ROWS):
        batch = rows[first : first + _BATCH_ROWS]
        locate(means, batch, left)
        for start in range(0, len(live), len(right)):
            columns = live[start : start + len(right)]
            in_threads(partial(_locate_part, means, columns, right), _stretches(len(columns)))
            product = left[: len(batch)] @ right[: len(columns)].T
            scan = partial(
                _scan, product, batch, columns, norm_of, sizes, error, members[first : first + len(batch)],
                lowest[first : first + len(batch)],
            )  # fmt: skip
            in_threads(scan, _stretches(len(batch)))
    found = np.minimum((members >= 0).sum(axis=1), LENGTH)
    return members[:, :LENGTH], lowest[:, :LENGTH], found, np.maximum(lowest[:, LENGTH], 0) * (1 - SLACK)


def nearest_by_subtraction(
    means: Means,
    sizes: Float[np.ndarray, " n"],
    rows: Int[np.ndarray, " m"],
    live: Int[np.ndarray, " l"],
) -> Candidates:
    """The same from float64 distances, for rows whose float32 bounds say nothing."""
    members = np.full((len(rows), LENGTH + 1), -1, np.int32)
    lowest = np.full((len(rows), LENGTH + 1), np.inf)
    in_threads(partial(_subtract, means, sizes, rows, live, members, lowest), _stretches(len(rows)))
    found = np.minimum((members >= 0).sum(axis=1), LENGTH)
    return members[:, :LENGTH], lowest[:, :LENGTH] * (1 - SLACK), found, lowest[:, LENGTH] * (1 - SLACK)


def _stretches(count: int) -> list[int]:
    """Edges of one stretch for each processor."""
    parts = min(count, os.cpu_count() or 1)
    return [part * count // parts for part in range(parts + 1)]


@njit(cache=True, nogil=True)
def _squared_norms(means, live, squared, start, stop):  # type: ignore[no-untyped-def]
    for place in range(start, stop):
        slot = live[place]
        total = 0.0
        for column in range(len(means.centre)):
            value = means.samples[slot, column] * means.scale + means.offsets[slot, column] - means.centre[column]
            total += value * value
        squared[place] = total


@njit(cache=True, nogil=True)
def locate(means, slots, out):  # type: ignore[no-untyped-def]
    """The means in some slots, seen from the centre of all, in the precision of `out`."""
    for place in range(len(slots)):
        slot = slots[place]
        for column in range(len(means.centre)):
            value = means.samples[slot, column] * means.scale + means.offsets[slot, column]
            out[place, column] = value - means.centre[column]


@njit(cache=True, nogil=True)
def _locate_part(means, slots, out, start, stop):  # type: ignore[no-untyped-def]
    locate(means, slots[start:stop], out[start:stop])


@njit(cache=True, nogil=True)
def _scan(product, rows, columns, squared, sizes, error, members, lowest, start, stop):  # type: ignore[no-untyped-def]
    """Keep each row's LENGTH + 1 columns of lowest lower end, in order."""
    for i in range(start, stop):
        a = rows[i]
        norm, size, root = squared[a], sizes[a], np.sqrt(squared[a])
        for j in range(len(columns)):
            b = columns[j]
            weight = 2 * size * sizes[b] / (size + sizes[b])
            least = norm + squared[b] - 2.0 * product[i, j] - error[0] * root * np.sqrt(squared[b]) - error[1]
            value = weight * least
            if value < lowest[i, LENGTH] and b != a:
                _insert(members[i], lowest[i], b, value)


@njit(cache=True, nogil=True)
def _subtract(means, sizes, rows, live, members, lowest, start, stop):  # type: ignore[no-untyped-def]
    for i in range(start, stop):
        for b in live:
            if b != rows[i]:
                value = ward_distance(means, sizes, rows[i], b)
                if value < lowest[i, LENGTH]:
                    _insert(members[i], lowest[i], b, value)


@njit(cache=True, nogil=True)
def _insert(members, lowest, member, value):  # type: ignore[no-untyped-def]
    """Put a value into its place among ascending ones; the last falls out."""
    place = LENGTH
    while place > 0 and lowest[place - 1] > value:
        lowest[place] = lowest[place - 1]
        members[place] = members[place - 1]
        place -= 1
    lowest[place] = value
    members[place] = member
