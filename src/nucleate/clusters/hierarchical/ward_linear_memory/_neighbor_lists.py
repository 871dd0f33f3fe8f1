r"""Ward's nearest clusters from short lists of candidates, each with a proof that nothing outside the list is nearer.

Ward's squared distance of clusters of sizes s and t is :math:`d = 2st/(s+t) \, \|mean - mean'\|^2`. Every cluster a
keeps a list of clusters and a bound :math:`r_a`: *whatever is outside the list is at least* :math:`r_a` *away*. The
nearest of the list is the nearest of all when it is no farther than :math:`r_a`. The bound survives every merge:

- *Elsewhere.* Two clusters p, q that are each other's nearest merge. By Lance and Williams

  .. math:: d(a, p \cup q) = \frac{(s_a+s_p)\, d(a,p) + (s_a+s_q)\, d(a,q) - s_a\, d(p,q)}{s_a+s_p+s_q}
            \ge \min(d(a,p),\, d(a,q)),

  for d(p, q) is at most either. So clusters outside a list stay at least :math:`r_a` away however they merge, and a
  list whose member has merged holds the union instead.
- *Here.* a and b merge into c. Whatever is outside both lists, F say, has d(a, F) at least :math:`r_a` and d(b, F) at
  least :math:`r_b`, so that

  .. math:: d(c, F) \ge \frac{(s_a+s_F)\, r_a + (s_b+s_F)\, r_b - s_F\, d(a,b)}{s_a+s_b+s_F}.

  As a function of :math:`s_F` this is a quotient of two linear functions, monotone where the denominator is positive:
  its least value over all sizes there are is at the smallest or at the largest.
- *Shorter lists.* Dropping a member that is at least d away lowers the bound to min(r, d).

The same two inequalities bound each member of a list from below, so that distances are measured only for members that
may be the nearest: a member that merged is at least as far as the nearer of what it is made of, and Lance and Williams
say how far a is at least from a member once a itself has merged.

A mean is kept as what it is away from one of its samples, so that distances between near-duplicates keep their digits
wherever in space they lie. Distances are float64; bounds are lowered by ``SLACK`` (relative) wherever they are made,
which is more than the roundoffs of the arithmetic above: those of a distance over d columns are at most about d u,
u = 2^-53, a third of it at three million columns. Pairs of a round merge one after the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit

from nucleate.clusters.hierarchical._distances import CLOSE, RELATIVE_ERROR

LENGTH = 32
CAPACITY = 2 * LENGTH
SLACK = 1e-9


class Means(NamedTuple):
    """Where clusters are: the mean of slot a is ``scale * samples[a] + offsets[a]``; `centre` is the mean of all."""

    samples: Float[np.ndarray, "n d"]
    offsets: Float[np.ndarray, "n d"]
    scale: float
    centre: Float[np.ndarray, " d"]


class Lists(NamedTuple):
    """The candidates of every cluster: `lengths[a]` of them in row a, and how far everything else is at least.

    A distance is a lower end unless it is `exact`; `seen` is how often a member had merged when it was told.
    """

    members: Int[np.ndarray, "n capacity"]
    distances: Float[np.ndarray, "n capacity"]
    exact: Bool[np.ndarray, "n capacity"]
    seen: Int[np.ndarray, "n capacity"]
    lengths: Int[np.ndarray, " n"]
    bounds: Float[np.ndarray, " n"]


def empty_lists(n: int) -> Lists:
    """Room for the lists of n clusters."""
    return Lists(
        members=np.empty((n, CAPACITY), np.int32),
        distances=np.empty((n, CAPACITY)),
        exact=np.zeros((n, CAPACITY), np.bool_),
        seen=np.zeros((n, CAPACITY), np.int32),
        lengths=np.zeros(n, np.int64),
        bounds=np.full(n, np.inf),
    )


@njit(cache=True, nogil=True)
def _apart(x, y, scale, offset, other_offset):  # type: ignore[no-untyped-def]
    """The difference of two means in one column; by itself, because sums may be reordered and this must not."""
    return x * scale - y * scale + (offset - other_offset)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def ward_distance(means, sizes, a, b):  # type: ignore[no-untyped-def]
    """Ward's squared distance of the clusters in two slots; the same bits whichever comes first."""
    first, last = min(a, b), max(a, b)
    x, y, offset, other_offset = means.samples[first], means.samples[last], means.offsets[first], means.offsets[last]
    total = 0.0
    for column in range(len(x)):
        apart = _apart(x[column], y[column], means.scale, offset[column], other_offset[column])
        total += apart * apart
    return total * (2 * sizes[a] * sizes[b] / (sizes[a] + sizes[b]))


@njit(cache=True, nogil=True)
def measure_close(squared, norms, means, live):  # type: ignore[no-untyped-def]
    """Squared distances of means, those of pairs much closer than their norms measured anew with all their digits."""
    ones = np.ones(len(means.samples))
    for i in range(len(live)):
        for j in range(i):
            if squared[i, j] < CLOSE * (norms[i] + norms[j]):
                squared[i, j] = squared[j, i] = ward_distance(means, ones, live[i], live[j])


@njit(cache=True, nogil=True)
def find_nearest(  # type: ignore[no-untyped-def]
    clusters, means, sizes, merges, into, lists, nearest, at, start, stop
):
    """The nearest of each cluster's list, by (distance, slot); returns which are proven to be the nearest of all."""
    members, distances, exact, seen, lengths, bounds = lists
    proven = np.zeros(stop - start, np.bool_)
    for place in range(start, stop):
        a = clusters[place]
        _bring_up_to_date(a, merges, into, lists)
        kept = lengths[a]
        if kept > LENGTH:
            _shorten(members[a], distances[a], exact[a], seen[a], kept)
            bounds[a] = min(bounds[a], distances[a, LENGTH] * (1 - SLACK))
            lengths[a] = kept = LENGTH
        while kept > 0:
            best = 0
            for entry in range(1, kept):
                if (distances[a, entry], members[a, entry]) < (distances[a, best], members[a, best]):
                    best = entry
            nearest[a] = members[a, best]
            at[a] = distances[a, best]
            if exact[a, best]:
                proven[place - start] = at[a] <= bounds[a]
                break
            distances[a, best] = ward_distance(means, sizes, a, members[a, best])
            exact[a, best] = True
    return proven


@njit(cache=True, nogil=True)
def _bring_up_to_date(a, merges, into, lists):  # type: ignore[no-untyped-def]
    """Replace members that merged by what they became, at least as far as the nearer part or as what is outside."""
    members, distances, exact, seen, lengths, bounds = lists
    kept = 0
    for entry in range(lengths[a]):
        member = into[into[members[a, entry]]]  # twice: what it became may have merged earlier in this round
        if member == a:
            continue
        same = members[a, entry] == member and seen[a, entry] == merges[member]
        distance = distances[a, entry] if same else min(distances[a, entry], bounds[a])
        place = 0
        while place < kept and members[a, place] != member:
            place += 1
        if place < kept:
            distances[a, place] = min(distances[a, place], distance)
            exact[a, place] = False
            continue
        members[a, kept] = member
        distances[a, kept] = distance
        exact[a, kept] = same and exact[a, entry]
        seen[a, kept] = merges[member]
        kept += 1
    lengths[a] = kept


@njit(cache=True, nogil=True)
def _shorten(members, distances, exact, seen, kept):  # type: ignore[no-untyped-def]
    """Move the LENGTH nearest to the front, and the nearest of the others right behind them."""
    near = np.argsort(distances[:kept])[: LENGTH + 1]
    members[: LENGTH + 1] = members[near]
    distances[: LENGTH + 1] = distances[near]
    exact[: LENGTH + 1] = exact[near]
    seen[: LENGTH + 1] = seen[near]


@njit(cache=True, nogil=True)
def merge_pairs(  # type: ignore[no-untyped-def]
    pairs, means, sizes, merges, into, lists, at, smallest, largest, tied
):
    """Let the first of each pair absorb the second: mean, size, joint list and bound. Notes which had rivals."""
    bounds = lists.bounds
    for place in range(len(pairs)):
        a, b = pairs[place]
        height = at[a]
        for one in (a, b):
            _bring_up_to_date(one, merges, into, lists)
        tied[place] = _has_rival(a, b, height, lists) or _has_rival(b, a, height, lists)
        _join_lists(a, b, height, sizes, lists)
        bounds[a] = min(
            _at_least(sizes[a], sizes[b], smallest, bounds[a], bounds[b], height),
            _at_least(sizes[a], sizes[b], largest, bounds[a], bounds[b], height),
        )
        total = sizes[a] + sizes[b]
        for column in range(means.offsets.shape[1]):
            apart = means.samples[b, column] * means.scale - means.samples[a, column] * means.scale
            away = apart + means.offsets[b, column]
            means.offsets[a, column] = (sizes[a] * means.offsets[a, column] + sizes[b] * away) / total
        sizes[a] = total
        merges[a] += 1
        into[b] = a


@njit(cache=True, nogil=True)
def _at_least(size, other_size, third_size, distance, other_distance, height):  # type: ignore[no-untyped-def]
    """How far a third cluster is at least from the union of two at `height`, given lower ends of how far from each."""
    if np.isinf(distance) or np.isinf(other_distance):
        return np.inf  # of bounds: one list holds everything, so nothing is outside both
    told = (size + third_size) * distance + (other_size + third_size) * other_distance - third_size * height
    # The terms may cancel, their roundoffs do not.
    return told / (size + other_size + third_size) - SLACK * (distance + other_distance + height)


@njit(cache=True, nogil=True)
def _join_lists(a, b, height, sizes, lists):  # type: ignore[no-untyped-def]
    """Give a the members of both lists, each at least as far away as Lance and Williams say."""
    members, distances, exact, seen, lengths, bounds = lists
    count = lengths[a]
    found = np.zeros(lengths[b], np.bool_)
    for entry in range(count):
        other = 0
        while other < lengths[b] and members[b, other] != members[a, entry]:
            other += 1
        further = bounds[b]
        if other < lengths[b]:
            found[other] = True
            further = distances[b, other]
        third = sizes[members[a, entry]]
        distances[a, entry] = _at_least(sizes[a], sizes[b], third, distances[a, entry], further, height)
    for other in range(lengths[b]):
        if not found[other]:
            third = sizes[members[b, other]]
            members[a, count] = members[b, other]
            seen[a, count] = seen[b, other]
            distances[a, count] = _at_least(sizes[a], sizes[b], third, bounds[a], distances[b, other], height)
            count += 1
    lengths[a] = count
    exact[a, :count] = False


@njit(cache=True, nogil=True)
def _has_rival(a, b, height, lists):  # type: ignore[no-untyped-def]
    """Whether something other than b may be as close to a."""
    members, distances, _, _, lengths, bounds = lists
    limit = height * (1 + RELATIVE_ERROR)
    near = (members[a, : lengths[a]] != b) & (distances[a, : lengths[a]] <= limit)
    return bounds[a] <= limit or near.any()
