"""CKA against the textbook formula with explicit Gram and centring matrices."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from nucleate.errors import ArrayError, UsageError
from nucleate.measures import _kernel_moments
from nucleate.measures import cka as public_name
from nucleate.measures._cka import cka, kernel_alignment


def representations(n: int, d: int = 6, e: int = 9, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) + 5
    return X, np.tanh(X @ rng.normal(size=(d, e)) / 3) + 0.3 * rng.normal(size=(n, e))


def gram(X: np.ndarray, kernel: str, bandwidth: float) -> np.ndarray:
    if kernel == "linear":
        return X @ X.T
    distances = cdist(X, X)
    nearest = np.sort(distances, axis=1)[:, 1].mean()
    return np.exp(-(distances**2) / (2 * (bandwidth * nearest) ** 2))


def textbook(X: np.ndarray, Y: np.ndarray, kernel: str, bandwidth: float) -> float:
    n = len(X)
    H = np.eye(n) - np.ones((n, n)) / n
    K, L = (H @ gram(side, kernel, bandwidth) @ H for side in (X, Y))
    return float(np.sum(K * L) / np.sqrt(np.sum(K * K) * np.sum(L * L)))


def u_statistic(K: np.ndarray, L: np.ndarray) -> float:
    """Unbiased HSIC from its definition: means over tuples of distinct samples."""
    n = len(K)
    pairs = np.mean([K[i, j] * L[i, j] for i, j in permutations(range(n), 2)])
    triples = np.mean([K[i, j] * L[i, q] for i, j, q in permutations(range(n), 3)])
    quadruples = np.mean([K[i, j] * L[q, r] for i, j, q, r in permutations(range(n), 4)])
    return float(pairs + quadruples - 2 * triples)


@pytest.mark.parametrize(
    ("n", "d", "e"),
    [
        (40, 6, 9),  # features
        (40, 60, 9),  # tiles: more columns than samples
        (600, 6, 9),  # several blocks of features
    ],
)
def test_linear_equals_the_textbook(n: int, d: int, e: int) -> None:
    X, Y = representations(n, d, e)
    assert cka(X, Y) == pytest.approx(textbook(X, Y, "linear", 1), rel=1e-10)


@pytest.mark.parametrize("bandwidth", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("n", [40, 600])
def test_gaussian_equals_the_textbook(n: int, bandwidth: float) -> None:
    X, Y = representations(n)
    assert cka(X, Y, kernel="gaussian", bandwidth=bandwidth) == pytest.approx(
        textbook(X, Y, "gaussian", bandwidth), rel=1e-9
    )


@pytest.mark.parametrize("kernel", ["linear", "gaussian"])
@pytest.mark.parametrize("d", [3, 20])
def test_debiased_equals_means_over_distinct_samples(kernel: str, d: int) -> None:
    X, Y = representations(12, d)
    K, L = gram(X, kernel, 1.5), gram(Y, kernel, 1.5)
    expected = u_statistic(K, L) / np.sqrt(u_statistic(K, K) * u_statistic(L, L))
    assert cka(X, Y, kernel=kernel, bandwidth=1.5, debiased=True) == pytest.approx(expected, rel=1e-9)  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", ["linear", "gaussian"])
@pytest.mark.parametrize("debiased", [False, True])
def test_one_for_itself_moved_turned_and_scaled(kernel: str, debiased: bool) -> None:
    X, Y = representations(60)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]
    options = {"kernel": kernel, "debiased": debiased}
    assert cka(X, X, **options) == pytest.approx(1, abs=1e-12)  # type: ignore[arg-type]
    assert cka(X, 7 * X @ turn - 100, **options) == pytest.approx(1, abs=1e-9)  # type: ignore[arg-type]
    assert cka(X, Y, **options) == pytest.approx(cka(Y, X, **options), rel=1e-12)  # type: ignore[arg-type]
    order = np.random.default_rng(2).permutation(60)
    assert cka(X[order], Y[order], **options) == pytest.approx(cka(X, Y, **options), rel=1e-10)  # type: ignore[arg-type]


def test_debiased_is_near_zero_where_biased_is_near_one() -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(50, 2000)), rng.normal(size=(50, 2000))
    assert cka(X, Y) > 0.9
    assert abs(cka(X, Y, debiased=True)) < 0.1


def test_feature_and_tile_forms_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y = representations(200)
    expected = [cka(X, Y, debiased=debiased) for debiased in (False, True)]
    monkeypatch.setattr(_kernel_moments, "MOST_FEATURES", 0)
    monkeypatch.setattr(_kernel_moments, "BLOCK_ROWS", 37)
    monkeypatch.setattr(_kernel_moments, "CHUNK", 4)
    assert [cka(X, Y, debiased=debiased) for debiased in (False, True)] == pytest.approx(expected, rel=1e-12)


def test_wide_rows_are_multiplied_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y = representations(60, 23, 9)
    expected = cka(X, Y, kernel="gaussian")
    monkeypatch.setattr(_kernel_moments, "CHUNK", 5)
    assert cka(X, Y, kernel="gaussian") == pytest.approx(expected, rel=1e-12)
    monkeypatch.setattr(_kernel_moments, "HELD_ENTRIES", 0)
    assert cka(X, Y, kernel="gaussian") == pytest.approx(expected, rel=1e-12)


def test_float32_and_large_offsets_are_centred_in_float64() -> None:
    X, Y = representations(100)
    assert cka(X + 1e6, Y - 1e6) == pytest.approx(cka(X, Y), rel=1e-8)
    assert cka(torch.from_numpy(X).float(), Y.astype(np.float32)) == pytest.approx(cka(X, Y), rel=1e-5)


@pytest.mark.parametrize("kernel", ["linear", "gaussian"])
def test_degenerate_representations_are_named(kernel: str) -> None:
    X, _ = representations(20)
    with pytest.raises(ArrayError, match="all rows of Y are equal"):
        cka(X, np.full((20, 3), 0.1), kernel=kernel)  # type: ignore[arg-type]
    with pytest.raises(ArrayError, match="X has 20 samples, Y 19"):
        cka(X, X[:19], kernel=kernel)  # type: ignore[arg-type]
    with pytest.raises(ArrayError, match="at least 4"):
        cka(X[:3], X[:3], kernel=kernel, debiased=True)  # type: ignore[arg-type]
    with pytest.raises(ArrayError, match="row 4"):
        cka(X, np.where(np.arange(20)[:, None] == 4, np.nan, X), kernel=kernel)  # type: ignore[arg-type]


def test_gaussian_kernels_without_width_or_pairs_are_named() -> None:
    X, _ = representations(20)
    with pytest.raises(ArrayError, match="every row of Y has a duplicate"):
        cka(X, np.repeat(X[:10], 2, axis=0), kernel="gaussian")
    with pytest.raises(ArrayError, match="no variance beyond its diagonal"):
        cka(X, X, kernel="gaussian", bandwidth=1e-3, debiased=True)
    assert cka(X, X[::-1], kernel="gaussian", bandwidth=1e-3) == pytest.approx(1)  # both kernels are the identity


def test_impossible_choices_are_named() -> None:
    X, Y = representations(20)
    with pytest.raises(UsageError, match="unknown kernel 'rbf'"):
        cka(X, Y, kernel="rbf")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="bandwidth=0"):
        cka(X, Y, kernel="gaussian", bandwidth=0)
    assert public_name is cka


@pytest.mark.parametrize("kernel", ["linear", "gaussian"])
def test_chance_and_deviation_are_those_of_all_permutations(kernel: str) -> None:
    X, Y = representations(6, 2, 3)
    (found,) = kernel_alignment(X, Y, kernel=kernel, bandwidths=(0.7,))  # type: ignore[arg-type]
    every = [
        cka(X, Y[list(order)], kernel=kernel, bandwidth=0.7)  # type: ignore[arg-type]
        for order in permutations(range(6))
    ]
    assert found.chance == pytest.approx(np.mean(every), rel=1e-9)
    assert found.deviation == pytest.approx(np.std(every), rel=1e-7)
    assert found.value == every[0]
    n = len(every)
    debiased = [cka(X, Y[list(order)], kernel=kernel, bandwidth=0.7, debiased=True) for order in permutations(range(6))]  # type: ignore[arg-type]
    assert np.sum(debiased) / n == pytest.approx(0, abs=1e-9)
    assert found.debiased == debiased[0]


def test_several_bandwidths_equal_one_at_a_time() -> None:
    X, Y = representations(600)
    found = kernel_alignment(X, Y, kernel="gaussian", bandwidths=(0.2, 1, 2))
    for bandwidth, alignment in zip((0.2, 1, 2), found, strict=True):
        assert alignment.value == cka(X, Y, kernel="gaussian", bandwidth=bandwidth)
        assert alignment.debiased == cka(X, Y, kernel="gaussian", bandwidth=bandwidth, debiased=True)
    assert len(kernel_alignment(X, Y)) == 1


def test_what_does_not_exist_is_none() -> None:
    X, Y = representations(3)
    (few,) = kernel_alignment(X, Y)
    assert (few.debiased, few.deviation) == (None, 0)
    X, _ = representations(20)
    (narrow,) = kernel_alignment(X, X, kernel="gaussian", bandwidths=(1e-3,))
    assert narrow.debiased is None
    assert narrow.value == pytest.approx(1)
    with pytest.raises(UsageError, match="bandwidth=-1"):
        kernel_alignment(X, X, kernel="gaussian", bandwidths=(1, -1))
