import itertools

import numpy as np
from scipy.cluster.hierarchy import is_valid_linkage

from nucleate.reports.figures._peak_branches import LEAVES, MOST, SMALLEST, cut, peak_branches, subtree

from .mountains import mountains


def test_a_small_tree_needs_no_branches():
    assert peak_branches(mountains(LEAVES - 2)) is None


def test_every_peak_is_in_one_branch_or_apart():
    found = mountains(30)
    assert len(found.rows) == 30
    branches = peak_branches(found)
    drawn = [peak for branch in branches.drawn for peak in branch.peaks]
    assert 1 <= len(branches.drawn) <= MOST
    assert sorted(map(id, [*drawn, *branches.apart])) == sorted(map(id, found.rows))
    for branch in branches.drawn:
        assert len(branch.peaks) >= SMALLEST
        assert branch.population == sum(peak.population for peak in branch.peaks)


def test_a_branch_keeps_the_heights_between_its_peaks():
    tree = mountains(30).shown.dendrogram()
    peaks = len(tree.log_density)
    members = [[leaf] for leaf in range(peaks)]
    for left, right, *_ in tree.linkage:
        members.append(members[int(left)] + members[int(right)])
    for node in cut(tree):
        leaves = sorted(members[node])
        branch = subtree(tree, node, leaves)
        assert is_valid_linkage(branch.linkage)
        np.testing.assert_array_equal(branch.log_density, tree.log_density[leaves])
        # The log density at which two peaks join is the same in the branch as in the whole tree.
        whole, part = joining(tree), joining(branch)
        for a, b in itertools.combinations(range(len(leaves)), 2):
            assert abs(part[a, b] - whole[leaves[a], leaves[b]]) < 1e-9


def joining(tree):
    """For every two peaks the log density at which their branches join."""
    peaks = len(tree.log_density)
    members = [[leaf] for leaf in range(peaks)]
    found = {}
    for left, right, height, _ in tree.linkage:
        sides = members[int(left)], members[int(right)]
        for a, b in itertools.product(*sides):
            found[a, b] = found[b, a] = tree.log_density.max() - height
        members.append(sides[0] + sides[1])
    return found


def test_names_of_branches_are_text():
    found = mountains(30, names=[f"<b>{place}</b>" for place in range(30)])
    for branch in peak_branches(found).drawn:
        assert "<b>" not in branch.drawing
