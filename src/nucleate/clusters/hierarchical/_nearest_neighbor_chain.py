"""The nearest-neighbour chain: agglomerative clustering of a full matrix of distances in quadratic time.

Müllner, D. Modern hierarchical, agglomerative clustering algorithms. arXiv:1109.2378 (2011).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nucleate.clusters.hierarchical._distances import RELATIVE_ERROR

# Lance and Williams: how far a union is from a third cluster, given its parts.
WARD, AVERAGE, COMPLETE, SINGLE = range(4)

_FAST = {"reassoc", "contract", "nsz", "nnan"}  # all of fastmath but the promise that nothing is infinite
_SEARCH = 512


@njit(cache=True, nogil=True, fastmath=_FAST)
def nearest_neighbor_chain(distances, method, sizes):  # type: ignore[no-untyped-def]
    """Merge reciprocal nearest neighbours until one cluster is left. Overwrites `distances` (squared ones for Ward).

    Follows nearest neighbours from cluster to cluster: distances shrink along the chain until two are
    each other's nearest, which may merge at once, because no merge brings a third cluster closer than its parts were.
    `sizes` says how many samples each row stands for. Returns for each merge one sample of either cluster, their
    distance and whether a rival was as close.
    """
    n = len(distances)
    for i in range(n):
        distances[i, i] = np.inf
    flat = distances.reshape(-1)
    first = np.empty(n - 1, np.int64)
    second = np.empty(n - 1, np.int64)
    merged_at = np.empty(n - 1)
    tied = np.zeros(n - 1, np.bool_)
    sample = np.arange(n)  # one sample that stands for the cluster in each slot
    size = sizes.copy()
    dead = np.zeros(n)  # 0, or infinity once the cluster is absorbed: joined to a row, it hides the slot
    chain = np.empty(n, np.int64)
    length = 0
    slots = n
    for merge in range(n - 1):
        if 2 * (n - merge) <= slots:
            slots = _compact(flat, slots, dead, sample, size, chain[:length])
        if length == 0:
            chain[0] = np.argmin(dead[:slots])
            length = 1
        while True:
            x = chain[length - 1]
            row = flat[x * slots : (x + 1) * slots]
            y = _nearest(row.view(np.int64), dead[:slots].view(np.int64))
            # On a tie the chain turns back, or it would run in circles.
            if length > 1 and row[chain[length - 2]] <= row[y]:
                y = chain[length - 2]
                length -= 2
                break
            chain[length] = y
            length += 1
        first[merge] = sample[x]
        second[merge] = sample[y]
        merged_at[merge] = row[y]
        tied[merge] = _merge(flat, slots, dead, size, x, y, method)
    return first, second, merged_at, tied


@njit(cache=True, nogil=True)
def _nearest(row, dead):  # type: ignore[no-untyped-def]
    """First slot with the smallest entry, given the bits of both arrays: the compiler vectorises only the minimum of
    integers, and floats that are not negative sort like their bits."""
    smallest = row[0] | dead[0]
    found = 0
    for start in range(0, len(row), _SEARCH):
        stop = min(start + _SEARCH, len(row))
        least = smallest
        for j in range(start, stop):
            least = min(least, row[j] | dead[j])
        if least < smallest:
            smallest = least
            found = start
    while row[found] | dead[found] != smallest:
        found += 1
    return found


@njit(cache=True, nogil=True, fastmath=_FAST)
def _merge(flat, slots, dead, size, x, y, method):  # type: ignore[no-untyped-def]
    """Let slot `x` absorb slot `y`; True when another cluster was as close to either."""
    row = flat[x * slots : (x + 1) * slots]
    other = flat[y * slots : (y + 1) * slots]
    height = row[y]
    limit = height * (1 + RELATIVE_ERROR)
    rivals = 0
    pair = size[x] + size[y]
    for j in range(slots):
        rivals += (row[j] + dead[j] <= limit) + (other[j] + dead[j] <= limit)
        if method == WARD:
            total = (size[x] + size[j]) * row[j] + (size[y] + size[j]) * other[j] - size[j] * height
            row[j] = total / (pair + size[j]) if total > 0 else 0.0
        elif method == AVERAGE:
            row[j] = (size[x] * row[j] + size[y] * other[j]) / pair
        elif method == COMPLETE:
            row[j] = max(row[j], other[j])
        else:
            row[j] = min(row[j], other[j])
    row[x] = np.inf
    dead[y] = np.inf
    size[x] = pair
    for j in range(slots):
        if (
            dead[j] == 0 and flat[j * slots + x] != row[j]
        ):  # reading first lets many cache misses overlap, stores alone would queue
            flat[j * slots + x] = row[j]
    return rivals > 2  # the pair itself is seen from both sides


@njit(cache=True, nogil=True)
def _compact(flat, slots, dead, sample, size, chain):  # type: ignore[no-untyped-def]
    """Close up the dead slots, so that rows get shorter as clusters get fewer."""
    kept = np.flatnonzero(dead[:slots] == 0)
    moved_to = np.empty(slots, np.int64)
    for new, old in enumerate(kept):
        moved_to[old] = new
        sample[new] = sample[old]
        size[new] = size[old]
        for column, old_column in enumerate(kept):  # never ahead of what is still to be read
            flat[new * len(kept) + column] = flat[old * slots + old_column]
    dead[: len(kept)] = 0
    for link in range(len(chain)):
        chain[link] = moved_to[chain[link]]
    return len(kept)
