"""The branches of the tree of peaks, each drawn by itself at its own scale of log density."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from markupsafe import Markup

from nucleate.clusters import Dendrogram
from nucleate.reports.content import Peak, PeakLayer
from nucleate.reports.figures._peak_tree import draw_tree, leaf_order

LEAVES = 12  # up to so many, the whole tree is legible
SMALLEST = 3  # leaves below which a branch has no structure to show
MOST = 8  # branches
PART = 4  # a branch has at most one part in so many of all leaves
WIDTH = 340


@dataclass(frozen=True)
class Branch:
    """One branch.

    Attributes
    ----------
    peaks : tuple of Peak
        From the first row to the last.
    name : str or None
        The class of most of its samples, at the level of the colours; None without labels.
    population, share : int, float or None
        Its samples, and the share of that class.
    drawing : Markup
    """

    peaks: tuple[Peak, ...]
    name: str | None
    population: int
    share: float | None
    drawing: Markup


@dataclass(frozen=True)
class Branches:
    """The branches worth a drawing, in the order of the tree, and the peaks that are in none."""

    drawn: tuple[Branch, ...]
    apart: tuple[Peak, ...]


def peak_branches(found: PeakLayer) -> Branches | None:
    """Cut the tree and draw its branches; None where the whole tree is legible as it is."""
    if len(found.rows) <= LEAVES:
        return None
    tree = found.shown.dendrogram()
    members = _members(tree)
    rank = {peak: row for row, peak in enumerate(leaf_order(tree))}
    nodes = sorted(cut(tree), key=lambda node: min(rank[peak] for peak in members[node]))
    inside = {peak for node in nodes for peak in members[node]}
    apart = tuple(found.rows[peak] for peak in rank if peak not in inside)
    return Branches(
        tuple(_branch(found, tree, node, sorted(members[node], key=rank.__getitem__)) for node in nodes), apart
    )


def cut(tree: Dendrogram) -> list[int]:
    """Nodes of a handful of branches that share no leaf, each of several.

    From the root down the largest branch is split until none holds more than a quarter of all leaves, or there are
    enough. A part of one or two leaves is no branch.
    """
    peaks = len(tree.log_density)
    members = _members(tree)
    most = max(LEAVES // 2, -(-peaks // PART))
    kept = [len(members) - 1]
    while kept and len(kept) < MOST:
        largest = max(kept, key=lambda node: (len(members[node]), node))
        if len(members[largest]) <= most:
            break
        kept.remove(largest)
        sides = (int(side) for side in tree.linkage[largest - peaks, :2])
        kept += [side for side in sides if len(members[side]) >= SMALLEST]
    return kept


def subtree(tree: Dendrogram, node: int, leaves: Sequence[int]) -> Dendrogram:
    """The tree below a node; leaf i is `leaves[i]` of the whole tree."""
    peaks = len(tree.log_density)
    inner, waiting = [], [node]
    while waiting:
        place = waiting.pop()
        if place >= peaks:
            inner.append(place)
            waiting += [int(side) for side in tree.linkage[place - peaks, :2]]
    numbers = {place: number for number, place in enumerate([*leaves, *sorted(inner)])}
    linkage = tree.linkage[np.sort(inner) - peaks].copy()
    linkage[:, :2] = [[numbers[int(side)] for side in sides] for sides in linkage[:, :2]]
    density = tree.log_density[list(leaves)]
    lower = float(tree.log_density.max() - density.max())  # heights hang from the densest peak of the tree
    linkage[:, 2] -= lower
    return Dendrogram(linkage, density, tree.filler - lower)


def _members(tree: Dendrogram) -> list[list[int]]:
    """The leaves below each node."""
    members = [[leaf] for leaf in range(len(tree.log_density))]
    for left, right, *_ in tree.linkage:
        members.append(members[int(left)] + members[int(right)])
    return members


def _branch(found: PeakLayer, tree: Dendrogram, node: int, leaves: list[int]) -> Branch:
    peaks = tuple(found.rows[leaf] for leaf in leaves)
    below = subtree(tree, node, leaves)
    drawing = draw_tree(replace(found, rows=peaks), leaf_order(below), WIDTH, tree=below)
    shares: Counter[str] = Counter()
    for peak in peaks:
        shares.update(peak.shares)
    name = min(shares, key=lambda label: (-shares[label], label), default=None)
    population = sum(peak.population for peak in peaks)
    return Branch(peaks, name, population, shares[name] / population if name is not None else None, drawing)
