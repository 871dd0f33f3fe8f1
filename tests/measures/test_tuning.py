import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nucleate.errors import ArrayError
from nucleate.measures._linear_probe._tuning import Classifier, fit_tuned, split

CPU = torch.device("cpu")


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 5))
def test_split_is_stratified(sizes, seed):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    if max(sizes) == 1:
        with pytest.raises(ArrayError, match="no class with two samples"):
            split(codes, seed)
        return
    order, n_kept = split(codes, seed)
    assert sorted(order) == list(range(len(codes)))
    held = np.bincount(codes[order[n_kept:]], minlength=len(sizes))
    for size, count in zip(sizes, held, strict=True):
        assert count == (0 if size == 1 else max(1, round(size / 5)))


def test_split_is_random_and_seeded():
    codes = np.zeros(100, dtype=np.int64)
    orders = [split(codes, seed)[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(orders[0], orders[1])
    assert set(orders[0][-20:]) != set(orders[2][-20:])
    assert list(orders[0][:80]) != sorted(orders[0][:80])


def samples(n=200, d=30, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % 4
    return rng.standard_normal((n, d)) + rng.standard_normal((4, d))[codes] * 0.4, codes


def test_chooses_the_strongest_of_the_best():
    X, codes = samples()
    strengths = [1e-4, 1e6, 30.0, 1e-3]
    found = fit_tuned(X, codes, strengths=strengths, seed=0, device=CPU)
    assert list(found.held_out) == sorted(strengths, reverse=True)
    best = max(found.held_out.values())
    assert found.strength == max(strength for strength, value in found.held_out.items() if value == best)
    alone = fit_tuned(X, codes, strengths=[found.strength], seed=0, device=CPU)
    assert alone.held_out == {}
    assert alone.loss == pytest.approx(found.loss, abs=1e-6)
    np.testing.assert_allclose(alone.weights, found.weights, atol=1e-2 * np.abs(found.weights).max())


def test_default_strengths_follow_the_scale_of_the_rows():
    X, codes = samples()
    found = fit_tuned(X, codes, strengths=None, seed=0, device=CPU)
    scaled = fit_tuned(X * 1000, codes, strengths=None, seed=0, device=CPU)
    assert scaled.strength == pytest.approx(1e6 * found.strength)
    assert list(scaled.held_out.values()) == list(found.held_out.values())
    np.testing.assert_allclose(scaled.weights * 1000, found.weights, rtol=1e-6, atol=1e-9)


def test_classify_takes_the_first_of_equals():
    weights = np.array([[1.0], [1.0], [-1.0]])
    classifier = Classifier(weights, np.zeros(3), 1.0, {}, 0.0, 0, True)
    assert classifier.classify(np.array([[2.0], [-2.0], [0.0]])).tolist() == [0, 2, 0]
