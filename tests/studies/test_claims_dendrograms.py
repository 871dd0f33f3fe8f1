import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import pdist, squareform

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import mirrors_taxonomy, taxonomy_correlation

GROUPS = np.repeat(["dog", "bird", "fish", "insect"], 6)
CENTERS = np.repeat(np.eye(4) * 10, 6, axis=0)


def tree(centers, noise=1.0, seed=0):
    points = centers + noise * np.random.default_rng(seed).normal(size=centers.shape)
    return cophenet(linkage(pdist(points), "weighted"))


def test_correlation_equals_a_matrix_computation():
    distances = tree(CENTERS, noise=4)
    apart = (GROUPS[:, None] != GROUPS).astype(float)
    expected = np.corrcoef(distances, squareform(apart, checks=False))[0, 1]
    assert taxonomy_correlation(distances, GROUPS) == pytest.approx(expected)


def test_scale_names_and_order_do_not_matter():
    distances = tree(CENTERS, noise=4)
    there = taxonomy_correlation(distances, GROUPS)
    assert taxonomy_correlation(3 * distances + 2, np.unique(GROUPS, return_inverse=True)[1]) == pytest.approx(there)
    order = np.random.default_rng(1).permutation(len(GROUPS))
    again = squareform(squareform(distances)[np.ix_(order, order)])
    assert taxonomy_correlation(again, GROUPS[order]) == pytest.approx(there)


def test_mirrors_taxonomy():
    finding = mirrors_taxonomy(tree(CENTERS), GROUPS, draws=300)
    assert finding.verdict == "confirmed"
    assert (finding.of, finding.repetitions) == ("classes", 24)
    assert "p = 0.003" in finding.told
    assert finding.low <= finding.effect <= finding.high
    dealt = np.tile(["dog", "bird", "fish", "insect"], 6)
    assert mirrors_taxonomy(tree(CENTERS), dealt, draws=300).verdict == "refuted"
    assert mirrors_taxonomy(tree(CENTERS, noise=8), GROUPS, at_least=0.1, draws=300).verdict == "undecided"


def test_same_seed_same_finding():
    distances = tree(CENTERS, noise=6)
    there = mirrors_taxonomy(distances, GROUPS, draws=200)
    assert mirrors_taxonomy(distances, GROUPS, draws=200) == there
    assert mirrors_taxonomy(distances, GROUPS, draws=200, seed=1).low != there.low


def test_groups_dealt_at_random_are_rarely_mirrored():
    random = np.random.default_rng(0)
    found = [mirrors_taxonomy(tree(CENTERS, seed=seed), random.permutation(GROUPS), at_least=0.0, draws=100).verdict
             for seed in range(40)]  # fmt: skip
    assert found.count("confirmed") <= 2


def test_too_few_classes_are_undecided():
    # Of four classes, many draws hold pairs of one kind only.
    finding = mirrors_taxonomy([1.0, 2.0, 2.0, 2.0, 2.0, 1.0], ["dog", "dog", "bird", "bird"], draws=200)
    assert (finding.verdict, finding.low, finding.high) == ("undecided", None, None)
    assert finding.effect == pytest.approx(1)
    assert "no spread can be told: more classes are needed to decide" in finding.told


def test_what_chance_reaches_is_not_confirmed():
    # Six classes can be dealt into two halves in ten ways: one of ten trees fits perfectly, and p is near 0.1.
    halves = np.repeat(["dog", "bird"], 3)
    perfect = np.where(halves[:, None] == halves, 1.0, 2.0)[np.triu_indices(6, 1)]
    finding = mirrors_taxonomy(perfect, halves)
    assert (finding.low, finding.high, finding.verdict) == (pytest.approx(1), pytest.approx(1), "undecided")
    assert "p = 0.1" in finding.told or "p = 0.09" in finding.told


@pytest.mark.parametrize(
    ("distances", "groups", "message"),
    [
        ([1.0, 2.0], ["a", "b", "a"], "2 distances for 3 classes"),
        ([1.0, 2.0, 2.0], ["a", "a", "a"], "0 of 3 pairs lie between groups"),
        ([1.0, 2.0, 2.0], ["a", "b", "c"], "3 of 3 pairs lie between groups"),
        ([1.0, 1.0, 1.0], ["a", "a", "b"], "distances range from 1 to 1"),
        ([1.0, np.inf, 1.0], ["a", "a", "b"], "cophenetic is inf"),
    ],
)
def test_named_errors(distances, groups, message):
    for call in (taxonomy_correlation, mirrors_taxonomy):
        with pytest.raises(ArrayError, match=message):
            call(distances, groups)


def test_too_few_draws():
    with pytest.raises(UsageError, match="draws=10"):
        mirrors_taxonomy(tree(CENTERS), GROUPS, draws=10)
