from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, is_valid_linkage, linkage
from scipy.spatial.distance import squareform

from nucleate.clusters import Peaks, density_peaks
from nucleate.errors import ArrayError
from nucleate.neighbors import knn


def landscape(seed: int, separation: float, z: float = 0) -> Peaks:
    rng = np.random.default_rng(seed)
    X = separation * rng.normal(size=(12, 2))[rng.integers(0, 12, 600)] + rng.normal(size=(600, 2))
    return density_peaks(knn(X, k=9), dimension=2, z=z)


CASES = {"touching": landscape(0, 1.5), "partly": landscape(1, 7), "apart": landscape(2, 100, z=1.65)}


def dissimilarities(peaks: Peaks) -> np.ndarray:
    highest = peaks.log_density.max()
    full = np.full((len(peaks.centers),) * 2, highest - (peaks.log_density.min() - 1))
    for (a, b), level in zip(peaks.saddles.pairs, peaks.saddles.log_density, strict=True):
        full[a, b] = full[b, a] = highest - level
    np.fill_diagonal(full, 0)
    return squareform(full)


@pytest.mark.parametrize("method", ["weighted", "single"])
@pytest.mark.parametrize("name", CASES)
def test_equals_scipy_on_the_full_matrix(name: str, method: str) -> None:
    dendrogram = CASES[name].dendrogram(method)
    full = dissimilarities(CASES[name])
    assert is_valid_linkage(dendrogram.linkage)
    np.testing.assert_allclose(cophenet(dendrogram.linkage), cophenet(linkage(full, method)))
    np.testing.assert_allclose(dendrogram.linkage[:, 2], linkage(full, method)[:, 2])


@pytest.mark.parametrize("name", CASES)
def test_newick_leaves_end_at_their_peaks(name: str) -> None:
    peaks = CASES[name]
    dendrogram = peaks.dendrogram("single")  # its levels are saddles, never above a peak, so no branch is cut to zero
    text = dendrogram.newick()
    assert text.endswith(";")
    assert text.count("(") == text.count(")") == len(peaks.centers) - 1
    lengths = leaf_depths(text)
    root = peaks.log_density.max() - dendrogram.linkage[-1, 2]
    assert sorted(lengths) == sorted(str(peak) for peak in range(len(peaks.centers)))
    for peak, center in enumerate(peaks.centers):
        assert root + lengths[str(peak)] == pytest.approx(peaks.log_density[center], abs=1e-4)


def leaf_depths(text: str) -> dict[str, float]:
    """Length of the way from the root to each leaf."""
    depths: dict[str, float] = {}
    open_leaves: list[list[str]] = [[]]
    for leaf, start, close, length in re.findall(r"(\d+)(?=:)|(\()|(\))|:([-\d.e]+)", text):
        if start:
            open_leaves.append([])
        elif close:
            inner = open_leaves.pop()
            last = inner
            open_leaves[-1].extend(inner)
        elif leaf:
            last = [leaf]
            depths[leaf] = 0.0
            open_leaves[-1].append(leaf)
        else:
            for name in last:
                depths[name] += float(length)
    return depths


def test_names_are_quoted() -> None:
    peaks = CASES["apart"]
    names = [f"it's (peak) {i}" for i in range(len(peaks.centers))]
    assert "'it''s (peak) 0':" in peaks.dendrogram().newick(names)
    with pytest.raises(ArrayError, match="1 names"):
        peaks.dendrogram().newick(["a"])


def test_single_peak() -> None:
    peaks = density_peaks(knn(np.random.default_rng(0).normal(size=(50, 2)), k=20), dimension=2, z=50)
    dendrogram = peaks.dendrogram()
    assert dendrogram.linkage.shape == (0, 4)
    assert dendrogram.newick() == "0;"
    assert repr(dendrogram) == "Dendrogram(1 peaks)"


def test_unknown_method() -> None:
    with pytest.raises(ArrayError, match="'single'"):
        CASES["apart"].dendrogram("average")
