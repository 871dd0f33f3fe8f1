"""Density peaks against a slow reference that follows the definitions word by word, and against DADApy's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import gamma, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import adjusted_rand_score

from nucleate.clusters import Peaks, density_peaks
from nucleate.errors import ArrayError
from nucleate.measures import two_nn
from nucleate.neighbors import Neighbors, knn


def graph(X: np.ndarray, k: int) -> Neighbors:
    """The k nearest neighbours by brute force, ties in order of index."""
    distances = np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))
    np.fill_diagonal(distances, np.inf)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return Neighbors.from_arrays(indices, np.take_along_axis(distances, indices, axis=1))


class Reference:
    """The procedure of SCIENCE.md, with sets and loops."""

    def __init__(self, neighbors: Neighbors, d: float, border: str) -> None:
        self.lists = [row.tolist() for row in neighbors.indices]
        self.gaps = [row.tolist() for row in neighbors.distances]
        self.n, self.k = neighbors.n, neighbors.k
        ball = pi ** (d / 2) / gamma(d / 2 + 1)
        self.density = [log(self.k / (self.n * ball)) - d * log(row[-1]) for row in self.gaps]
        self.by_density = sorted(range(self.n), key=lambda i: (self.gaps[i][-1], i))
        self.place = {i: place for place, i in enumerate(self.by_density)}
        self.climb()
        self.peak_of_border = dict(self.borders(border))

    def climb(self) -> None:
        self.peak: dict[int, int] = {}
        for i in self.by_density:
            above = [j for j in self.lists[i] if self.place[j] < self.place[i]]
            seen_by = [j for j in range(self.n) if i in self.lists[j] and self.place[j] < self.place[i]]
            if above:
                self.peak[i] = self.peak[above[0]]
            elif seen_by:
                nearest = min(seen_by, key=lambda j: (self.gaps[j][self.lists[j].index(i)], self.place[j]))
                self.peak[i] = self.peak[nearest]
            else:
                self.peak[i] = i

    def borders(self, border: str) -> Iterator[tuple[frozenset[int], int]]:
        """Each pair of touching peaks with its saddle; sparser border samples come first, so the densest stays."""
        for p in reversed(self.by_density):
            own = self.peak[p]
            across = [q for q in self.lists[p] if self.peak[q] != own]
            if border == "nearest":
                across = [] if p == own else across[:1]
            for q in across:
                mates = [m for m in self.lists[q] if self.peak[m] == own]
                if not mates or mates[0] == p:
                    yield frozenset((own, self.peak[q])), p

    def at(self, threshold: float) -> tuple[list[int], dict[frozenset[int], int]]:
        """The peak of each sample and the saddles, after merging one pair after the other."""
        saddles = dict(self.peak_of_border)
        into = {i: i for i in self.peak.values()}
        while True:
            weak = [
                pair for pair, s in saddles.items() if min(self.density[c] - self.density[s] for c in pair) < threshold
            ]
            if not weak:
                break
            pair = min(weak, key=lambda pair: (self.place[saddles[pair]], sorted(self.place[c] for c in pair)))
            high, low = sorted(pair, key=self.place.__getitem__)
            into = {c: high if t == low else t for c, t in into.items()}
            joined: dict[frozenset[int], int] = {}
            for old, s in saddles.items():
                new = frozenset(high if c == low else c for c in old)
                if len(new) == 2 and (new not in joined or self.place[s] < self.place[joined[new]]):
                    joined[new] = s
            saddles = joined
        return [into[self.peak[i]] for i in range(self.n)], saddles


def assert_equal_to_reference(peaks: Peaks, reference: Reference) -> None:
    of_sample, saddles = reference.at(peaks.threshold)
    assert peaks.centers[peaks.labels].tolist() == of_sample
    assert peaks.centers.tolist() == sorted(set(of_sample), key=reference.place.__getitem__)
    np.testing.assert_allclose(peaks.log_density, reference.density, rtol=0, atol=1e-9)
    found = {
        frozenset(peaks.centers[pair].tolist()): float(value)
        for pair, value in zip(peaks.saddles.pairs, peaks.saddles.log_density, strict=True)
    }
    assert found == pytest.approx({pair: reference.density[s] for pair, s in saddles.items()})
    assert peaks.populations.tolist() == [of_sample.count(center) for center in peaks.centers.tolist()]


def mixture(n: int, d: int, components: int, seed: int, separation: float = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return separation * rng.normal(size=(components, d))[rng.integers(0, components, n)] + rng.normal(size=(n, d))


def chain(n: int) -> np.ndarray:
    """Clumps along a line, joined by thin bridges."""
    rng = np.random.default_rng(n)
    along = np.sort(rng.uniform(0, 20, n)) + 0.8 * np.sin(np.linspace(0, 40, n))
    return np.stack([along, 0.1 * rng.normal(size=n)], axis=1)


CASES = {
    "mixture": (mixture(500, 2, 6, 0), 15),
    "overlapping": (mixture(400, 2, 8, 1, separation=1.5), 10),
    "one cloud": (mixture(300, 3, 1, 2), 12),
    "high dimension": (mixture(200, 20, 4, 3), 8),
    "chain": (chain(300), 8),
    "k = 1": (mixture(120, 2, 3, 4), 1),
    "k = 2": (mixture(120, 2, 3, 5), 2),
    "k = n - 1": (mixture(40, 2, 3, 6), 39),
    "far apart": (mixture(150, 2, 3, 7, separation=1000), 6),
    "grid": (np.stack(np.meshgrid(range(9), range(9)), axis=-1).reshape(-1, 2).astype(float), 6),
    "some duplicates": (np.repeat(mixture(100, 2, 3, 8), 3, axis=0), 10),
    "two samples": (np.array([[0.0], [1.0]]), 1),
}


@pytest.mark.parametrize("border", ["nearest", "any"])
@pytest.mark.parametrize("name", CASES)
def test_equals_the_reference_at_every_z(name: str, border: str) -> None:
    X, k = CASES[name]
    neighbors = graph(X, k)
    reference = Reference(neighbors, 2.3, border)
    peaks = density_peaks(neighbors, dimension=2.3, z=0, border=border)
    for z in (0, 0.1, 0.3, 1, 1.65, 4, 100):
        assert_equal_to_reference(peaks.at(z), reference)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(4, 24), st.integers(1, 2)), elements=st.integers(-3, 3), unique=False),
    st.data(),
)
def test_equals_the_reference_among_ties(X: np.ndarray, data: st.DataObject) -> None:
    neighbors = graph(X.astype(float), data.draw(st.integers(1, len(X) - 1), label="k"))
    border = data.draw(st.sampled_from(["nearest", "any"]), label="border")
    z = data.draw(st.sampled_from([0, 0.2, 1.0, 2.0]), label="z")
    if (neighbors.distances[:, -1] == 0).any():
        with pytest.raises(ArrayError, match="exact copies"):
            density_peaks(neighbors, dimension=1)
    else:
        peaks = density_peaks(neighbors, dimension=1, z=z, border=border)
        assert_equal_to_reference(peaks, Reference(neighbors, 1, border))


@pytest.mark.parametrize(
    ("z", "centers", "populations"),
    [
        (0.0, [11, 120, 198, 376, 653, 688, 750, 798, 1159, 1497], [110, 90, 481, 132, 14, 193, 103, 111, 166, 100]),
        (0.2, [11, 120, 198, 376, 653, 688, 750, 1159], [110, 90, 692, 132, 14, 193, 103, 166]),
    ],
)
def test_equals_dadapy(z: float, centers: list[int], populations: list[int]) -> None:
    """Numbers of DADApy 0.3.4: compute_density_kNN(k=30), compute_clustering_ADP(Z=z), log_den_bord - max(log_den)."""
    peaks = density_peaks(graph(np.random.default_rng(4).normal(size=(1500, 2)), 30), dimension=2, z=z)
    order = np.argsort(peaks.centers)
    assert peaks.centers[order].tolist() == centers
    assert peaks.populations[order].tolist() == populations
    saddles = {
        tuple(sorted(peaks.centers[pair].tolist())): float(value - peaks.log_density.max())
        for pair, value in zip(peaks.saddles.pairs, peaks.saddles.log_density, strict=True)
    }
    expected = {
        (11, 120): -0.575060577, (11, 198): -0.367020348, (11, 1159): -0.724611631, (120, 750): -0.939518994,
        (120, 1159): -0.846469995, (198, 376): -0.343491063, (198, 653): -1.521210345, (198, 688): -0.615588256,
        (198, 750): -0.986139741, (198, 1159): -0.865898103, (376, 750): -1.67335995,
    }  # fmt: skip
    if z == 0:
        expected |= {
            (198, 798): -0.327594831, (198, 1497): -0.648499, (653, 798): -1.571107155, (688, 1497): -1.342603201,
            (1159, 1497): -1.114929137,
        }  # fmt: skip
    assert saddles == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("error", "threshold"), [("knn", 0.602), ("paper", 1.195), ("pak", 1.236)])
def test_thresholds_of_the_paper(error: str, threshold: float) -> None:
    peaks = density_peaks(graph(mixture(60, 2, 2, 0), 30), dimension=2, error=error)
    assert peaks.threshold == pytest.approx(threshold, abs=5e-4)


def test_z_may_be_asked_later() -> None:
    neighbors = graph(mixture(300, 2, 5, 9, separation=2), 9)
    peaks = density_peaks(neighbors, dimension=2)
    counts = []
    for z in np.linspace(0, 6, 25):
        later, fresh = peaks.at(z), density_peaks(neighbors, dimension=2, z=z)
        np.testing.assert_array_equal(later.labels, fresh.labels)
        np.testing.assert_array_equal(later.saddles.pairs, fresh.saddles.pairs)
        assert later.threshold == fresh.threshold == pytest.approx(2 * z / sqrt(9))
        counts.append(len(later.centers))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_merges_count_the_peaks_at_every_threshold() -> None:
    peaks = density_peaks(graph(mixture(300, 2, 5, 9, separation=2), 9), dimension=2)
    assert (np.diff(peaks.merges.thresholds) >= 0).all()
    all_peaks = len(peaks.landscape.centers)
    rises = peaks.merges.thresholds[peaks.merges.thresholds > 0]
    for below, above in pairwise([0.0, *rises, 2 * rises[-1]]):
        made = (peaks.merges.thresholds <= below).sum()
        assert len(peaks.at((below + above) / 2 * sqrt(9) / 2).centers) == all_peaks - made
    surviving = set(peaks.at(0).centers.tolist()) - set(peaks.merges.absorbed.tolist())
    assert surviving == set(peaks.at(1e9).centers.tolist())


def test_coarser_labels_join_finer_ones() -> None:
    peaks = density_peaks(graph(mixture(300, 2, 5, 9, separation=2), 9), dimension=2)
    for fine, coarse in pairwise(peaks.at(z).labels for z in np.linspace(0, 5, 12)):
        assert len(set(zip(fine, coarse, strict=True))) == fine.max() + 1


@pytest.mark.parametrize("border", ["nearest", "any"])
def test_row_order_does_not_matter(border: str) -> None:
    X = mixture(300, 2, 5, 10, separation=2)
    order = np.random.default_rng(0).permutation(300)
    peaks = density_peaks(graph(X, 10), dimension=2, z=0.5, border=border)
    permuted = density_peaks(graph(X[order], 10), dimension=2, z=0.5, border=border)
    np.testing.assert_array_equal(permuted.labels, peaks.labels[order])
    np.testing.assert_array_equal(order[permuted.centers], peaks.centers)
    np.testing.assert_array_equal(permuted.saddles.pairs, peaks.saddles.pairs)
    np.testing.assert_array_equal(order[permuted.saddles.samples], peaks.saddles.samples)
    np.testing.assert_array_equal(order[permuted.merges.absorbed], peaks.merges.absorbed)
    np.testing.assert_allclose(permuted.merges.thresholds, peaks.merges.thresholds)


def test_scaling_moves_densities_alike() -> None:
    X = mixture(200, 3, 3, 11)
    peaks, scaled = (density_peaks(graph(factor * X, 10), dimension=3) for factor in (1, 8))
    np.testing.assert_array_equal(peaks.labels, scaled.labels)
    np.testing.assert_allclose(peaks.log_density - scaled.log_density, 3 * log(8))


def test_separated_components_are_found() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    peaks = density_peaks(graph(15 * np.eye(4)[truth] + rng.normal(size=(400, 4)), 20), dimension=4)
    assert adjusted_rand_score(truth, peaks.at(3).labels) == 1.0
    assert peaks.composition(truth).dense().sum() == 400


def test_halo_lies_below_the_densest_saddle() -> None:
    peaks = density_peaks(graph(mixture(300, 2, 4, 12, separation=2), 12), dimension=2, z=0.2)
    expected = [
        any(
            label in pair and density < level
            for pair, level in zip(peaks.saddles.pairs, peaks.saddles.log_density, strict=True)
        )
        for label, density in zip(peaks.labels, peaks.log_density, strict=True)
    ]
    np.testing.assert_array_equal(peaks.halo, expected)
    assert peaks.halo.any()
    assert not peaks.halo[peaks.centers].all()
    assert not peaks.at(1e9).halo.any() or len(peaks.at(1e9).saddles)


def test_collapsed_duplicates_give_the_peaks_of_distinct_samples() -> None:
    rng = np.random.default_rng(3)
    distinct = mixture(150, 2, 4, 13, separation=3)
    copies = rng.integers(1, 9, 150)
    rows = rng.permutation(np.repeat(np.arange(150), copies))
    neighbors = graph(distinct[rows], 20)
    peaks = density_peaks(neighbors, dimension=2, z=0.5, duplicates="collapse")
    first = np.array([np.flatnonzero(rows == sample)[0] for sample in range(150)])
    order = np.argsort(first)  # distinct samples, as their first rows come
    alone = density_peaks(graph(distinct[order], peaks.k), dimension=2, z=0.5)
    assert 1 <= peaks.k < 20
    np.testing.assert_array_equal(peaks.labels[first[order]], alone.labels)
    np.testing.assert_array_equal(peaks.labels, peaks.labels[first[rows]])
    np.testing.assert_array_equal(peaks.centers, first[order][alone.centers])
    np.testing.assert_array_equal(peaks.saddles.samples, first[order][alone.saddles.samples])
    assert peaks.populations.sum() == len(rows)


def test_collapse_without_duplicates_changes_nothing() -> None:
    neighbors = graph(mixture(100, 2, 3, 14), 7)
    plain, collapsed = (density_peaks(neighbors, dimension=2, duplicates=how) for how in ("error", "collapse"))
    np.testing.assert_array_equal(plain.labels, collapsed.labels)
    assert collapsed.k == 7


def test_too_many_copies_are_named() -> None:
    X = np.concatenate([np.zeros((5, 2)), mixture(30, 2, 1, 15)])
    with pytest.raises(ArrayError, match="5 samples have at least k = 3 exact copies, so no density: rows 0, 1, 2"):
        density_peaks(graph(X, 3), dimension=2)
    with pytest.raises(ArrayError, match="row 0 are copies"):
        density_peaks(graph(X, 3), dimension=2, duplicates="collapse")
    assert density_peaks(graph(X, 8), dimension=2, duplicates="collapse").k == 4


def test_all_samples_equal() -> None:
    for how in ("error", "collapse"):
        with pytest.raises(ArrayError, match="copies"):
            density_peaks(graph(np.ones((6, 2)), 5), dimension=2, duplicates=how)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dimension": 0}, "dimension is 0"),
        ({"dimension": np.nan}, "dimension is nan"),
        ({"z": -1}, "z is -1"),
        ({"z": np.nan}, "z is nan"),
        ({"error": "adaptive"}, "'pak'"),
        ({"border": "all"}, "'any'"),
        ({"duplicates": "drop"}, "'collapse'"),
    ],
)
def test_impossible_options(options: dict, message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        density_peaks(graph(mixture(20, 2, 1, 0), 3), **{"dimension": 2, **options})


def test_dimension_by_default_is_that_of_the_two_nearest_neighbours() -> None:
    X = np.random.default_rng(0).normal(size=(3000, 3)) @ np.random.default_rng(1).normal(size=(3, 10))
    neighbors = knn(X, k=10)
    peaks = density_peaks(neighbors)
    assert peaks.dimension == two_nn(neighbors).value == pytest.approx(3, abs=0.25)
    np.testing.assert_array_equal(peaks.labels, density_peaks(neighbors, dimension=peaks.dimension).labels)


@pytest.mark.parametrize(("X", "k"), [(mixture(20, 2, 1, 0), 1), (np.eye(6), 3)])
def test_distances_that_tell_no_dimension(X: np.ndarray, k: int) -> None:
    with pytest.raises(ArrayError):
        density_peaks(graph(X, k))


def test_pak_needs_two_neighbours() -> None:
    with pytest.raises(ArrayError, match="k = 1"):
        density_peaks(graph(mixture(20, 2, 1, 0), 1), dimension=2, error="pak")


def test_distances_that_give_no_density() -> None:
    neighbors = graph(mixture(20, 2, 1, 0), 3)
    distances = neighbors.distances.copy()
    distances[7, -1] = np.nan
    with pytest.raises(ArrayError, match="row 7 to neighbour 3 is nan"):
        density_peaks(Neighbors(neighbors.indices, distances), dimension=2)
    with pytest.raises(ArrayError, match="cosine"):
        density_peaks(Neighbors(neighbors.indices, neighbors.distances, "cosine"), dimension=2)


def test_inputs_are_left_alone() -> None:
    neighbors = graph(np.repeat(mixture(50, 2, 2, 1), 2, axis=0), 6)
    indices, distances = neighbors.indices.copy(), neighbors.distances.copy()
    density_peaks(neighbors, dimension=2, duplicates="collapse")
    density_peaks(neighbors.first(4), dimension=2)
    np.testing.assert_array_equal(neighbors.indices, indices)
    np.testing.assert_array_equal(neighbors.distances, distances)
