r"""Lists of candidates from whole rows of the distance matrix, by float32 products.

For rows x, y of p numbers rounded to float32 the product gives

.. math:: \|x\|^2 + \|y\|^2 - 2 \langle fl(x), fl(y) \rangle

with norms in float64. Any order of summing p products is within :math:`\gamma_p \|x\| \|y\|` of the truth,
:math:`\gamma_p = pu/(1-pu)`, u = 2^-24 (Higham, *Accuracy and Stability of Numerical Algorithms*, section 3.1), and
rounding the rows moves the product by at most :math:`(2u + u^2) \|x\| \|y\|`. So the squared distance is at least
the computed one less :math:`c \|x\| \|y\|, c = 2 (\gamma_p + 3u)`, up to terms of second order and of float64, which a
margin of one hundredth covers, and less what underflows: columns are scaled so that the largest is near 1, and each of
the about 3 p roundings below loses at most 2^-126 times a number below 4.

The rows are the means of clusters, seen from the centre of all, or the few coordinates of their contraction, whose
distances are at least :math:`\eta(\|x\| + \|y\|)` below the true ones (see `contraction`): as
:math:`(D' - \delta)^2 \ge D'^2 - 2 D' \delta` and :math:`D' \le \|x\| + \|y\|`, that costs another
:math:`2 \eta (\|x\| + \|y\|)^2`. Lists are chosen by these lower ends: then the largest of a list bounds everything
outside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int
from numba import njit

from nucleate.clusters._threads import in_threads
from nucleate.clusters.hierarchical.ward_linear_memory._neighbor_lists import LENGTH, SLACK, Means, ward_distance

Candidates = tuple[
    Int[np.ndarray, "m length"], Float[np.ndarray, "m length"], Int[np.ndarray, " m"], Float[np.ndarray, " m"]
]
"""Candidates of each cluster, how far each is at least, how many there are, and how far everything else is at least."""

# Each processor multiplies a batch of rows by the columns it was given, on its own: threads of BLAS would wait for one
# another in every product.
_BATCH_ROWS = 2048
_BATCH_COLUMNS = 1024
_STRIP = 64
_MARGIN = 1.01


class Rows(NamedTuple):
    """What is multiplied: `load(slots, out)` writes rows of `columns` numbers for some slots.

    `squared` and `reach` are each mean's squared length and its length with room for what rounds differences from the
    centre; rows may be farther apart than means by `error` times the sum of their reaches.
    """

    load: Callable[[Int[np.ndarray, " m"], Float32[np.ndarray, "m p"]], None]
    columns: int
    squared: Float[np.ndarray, " n"]
    reach: Float[np.ndarray, " n"]
    error: float

    @classmethod
    def of_means(cls, means: Means, squared: Float[np.ndarray, " n"]) -> Rows:
        """The means themselves."""
        d = len(means.centre)
        return cls(partial(locate, means), d, squared, reach(squared, d, error_factor(d)), 0.0)


def error_factor(columns: int) -> float:
    """c with: a squared distance from a float32 product errs by less than c |x| |y|."""
    u = 2.0**-24
    gamma = columns * u / (1 - columns * u)
    return _MARGIN * 2 * (gamma + 3 * u)


def reach(squared: Float[np.ndarray, " n"], columns: int, error: float) -> Float[np.ndarray, " n"]:
    """Lengths of differences from the centre, raised by so much that `error` times it covers how these are rounded.

    Numbers of at most 1 and their centre differ with an error below 8 units of 2^-53 in each column.
    """
    return np.sqrt(squared) + 16 * 2.0**-53 * columns**0.5 / error


def nearest_by_products(
    rows: Rows,
    sizes: Float[np.ndarray, " n"],
    asked: Int[np.ndarray, " m"],
    live: Int[np.ndarray, " l"],
) -> Candidates:
    """For each cluster `asked`: LENGTH candidates among `live`, how many there are, and the bound of all others.

    Takes m l p multiply-adds in float32 and a few blocks of memory. Meant to be called where products are held to one
    thread each (see `one_thread_per_product`).
    """
    members = np.empty((len(asked), LENGTH + 1), np.int32)
    lowest = np.empty((len(asked), LENGTH + 1))
    terms = _terms(rows, sizes)
    left = np.empty((min(_BATCH_ROWS, len(asked)), rows.columns), np.float32)
    for first in range(0, len(asked), _BATCH_ROWS):
        batch = asked[first : first + _BATCH_ROWS]
        found = slice(first, first + len(batch))
        load = partial(_load, rows, batch, left)
        in_threads(load, _stretches(len(batch)))
        search = partial(_nearest_among, rows, terms, batch, left[: len(batch)], live)
        (members[found], lowest[found]), *others = in_threads(search, _stretches(len(live)))
        for other in others:
            _join(members[found], lowest[found], *other)
    count = np.minimum((members >= 0).sum(axis=1), LENGTH)
    lowest = np.maximum(lowest, 0) * (1 - SLACK)
    return members[:, :LENGTH], lowest[:, :LENGTH], count, lowest[:, LENGTH]


def _nearest_among(
    rows: Rows,
    terms: _Terms,
    batch: Int[np.ndarray, " b"],
    left: Float32[np.ndarray, "b p"],
    live: Int[np.ndarray, " l"],
    start: int,
    stop: int,
) -> tuple[Int[np.ndarray, "b length"], Float[np.ndarray, "b length"]]:
    """The lists of a batch from one stretch of the live clusters, on one processor."""
    members = np.full((len(batch), LENGTH + 1), -1, np.int32)
    lowest = np.full((len(batch), LENGTH + 1), np.inf)
    right = np.empty((min(_BATCH_COLUMNS, stop - start), rows.columns), np.float32)
    tile = np.empty(len(left) * len(right), np.float32)
    for first in range(start, stop, _BATCH_COLUMNS):
        columns = live[first : min(first + _BATCH_COLUMNS, stop)]
        rows.load(columns, right[: len(columns)])
        product = tile[: len(left) * len(columns)].reshape(len(left), len(columns))
        np.matmul(left, right[: len(columns)].T, out=product)
        _scan(product, batch, columns, terms, _Terms(*(term[columns] for term in terms)), members, lowest)
    return members, lowest


def nearest_by_subtraction(
    means: Means,
    sizes: Float[np.ndarray, " n"],
    asked: Int[np.ndarray, " m"],
    live: Int[np.ndarray, " l"],
) -> Candidates:
    """The same from float64 distances, for rows whose float32 bounds say nothing."""
    members = np.full((len(asked), LENGTH + 1), -1, np.int32)
    lowest = np.full((len(asked), LENGTH + 1), np.inf)
    in_threads(partial(_subtract, means, sizes, asked, live, members, lowest), _stretches(len(asked)))
    count = np.minimum((members >= 0).sum(axis=1), LENGTH)
    return members[:, :LENGTH], lowest[:, :LENGTH] * (1 - SLACK), count, lowest[:, LENGTH] * (1 - SLACK)


class _Terms(NamedTuple):
    """What each slot adds to a lower end: twice (own + own' - 2 product - reach reach') / (inverse + inverse')."""

    own: Float[np.ndarray, " n"]
    reach: Float[np.ndarray, " n"]
    inverse: Float[np.ndarray, " n"]


def _terms(rows: Rows, sizes: Float[np.ndarray, " n"]) -> _Terms:
    underflow = 32 * rows.columns * 2.0**-126
    cross = error_factor(rows.columns) + 4 * rows.error
    return _Terms(
        rows.squared - 2 * rows.error * rows.reach**2 - underflow / 2, rows.reach * cross**0.5, 1 / np.maximum(sizes, 1)
    )


def _load(rows: Rows, slots: Int[np.ndarray, " m"], out: Float32[np.ndarray, "b p"], start: int, stop: int) -> None:
    rows.load(slots[start:stop], out[start:stop])


def _stretches(count: int) -> list[int]:
    """Edges of one stretch for each processor."""
    parts = min(count, os.cpu_count() or 1)
    return [part * count // parts for part in range(parts + 1)]


def squared_lengths(means: Means, slots: Int[np.ndarray, " m"], squared: Float[np.ndarray, " n"]) -> None:
    """Fill in the squared lengths of the means in some slots, seen from the centre of all."""
    in_threads(partial(_square, means, slots, squared), _stretches(len(slots)))


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _square(means, slots, squared, start, stop):  # type: ignore[no-untyped-def]
    for slot in slots[start:stop]:
        total = 0.0
        for column in range(len(means.centre)):
            value = means.samples[slot, column] * means.scale + means.offsets[slot, column] - means.centre[column]
            total += value * value
        squared[slot] = total


@njit(cache=True, nogil=True)
def locate(means, slots, out):  # type: ignore[no-untyped-def]
    """The means in some slots, seen from the centre of all, in the precision of `out`."""
    for place in range(len(slots)):
        slot = slots[place]
        for column in range(len(means.centre)):
            # In this order: of rows far from the origin the difference is exact, the mean itself would be rounded.
            apart = means.samples[slot, column] * means.scale - means.centre[column]
            out[place, column] = apart + means.offsets[slot, column]


@njit(cache=True, nogil=True)
def _scan(product, asked, columns, terms, others, members, lowest):  # type: ignore[no-untyped-def]
    """Keep each row's LENGTH + 1 columns of lowest lower end, in order."""
    for i in range(len(asked)):
        a = asked[i]
        own, far, inverse = terms.own[a], terms.reach[a], terms.inverse[a]
        for left in range(0, len(columns), _STRIP):
            right = min(left + _STRIP, len(columns))
            near, owns = product[i, left:right], others.own[left:right]
            reaches, inverses = others.reach[left:right], others.inverse[left:right]
            limit = lowest[i, LENGTH] / 2
            hits = 0  # counted, not tested one by one: the compiler turns this loop into vector code
            for j in range(right - left):
                hits += own + owns[j] - 2.0 * near[j] - far * reaches[j] < limit * (inverse + inverses[j])
            if hits == 0:
                continue
            for j in range(right - left):
                least, weight = own + owns[j] - 2.0 * near[j] - far * reaches[j], (inverse + inverses[j]) / 2
                if least < lowest[i, LENGTH] * weight and columns[left + j] != a:
                    _insert(members[i], lowest[i], columns[left + j], least / weight)


@njit(cache=True, nogil=True)
def _subtract(means, sizes, asked, live, members, lowest, start, stop):  # type: ignore[no-untyped-def]
    for i in range(start, stop):
        for b in live:
            if b != asked[i]:
                value = ward_distance(means, sizes, asked[i], b)
                if value < lowest[i, LENGTH]:
                    _insert(members[i], lowest[i], b, value)


@njit(cache=True, nogil=True)
def _join(members, lowest, other_members, other_lowest):  # type: ignore[no-untyped-def]
    """Keep the LENGTH + 1 lowest of two lists of each row."""
    for i in range(len(members)):
        for entry in range(members.shape[1]):
            if other_lowest[i, entry] >= lowest[i, LENGTH]:
                break
            _insert(members[i], lowest[i], other_members[i, entry], other_lowest[i, entry])


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
