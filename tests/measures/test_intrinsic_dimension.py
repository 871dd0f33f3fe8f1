"""Intrinsic dimension against other forms of the same likelihoods, known manifolds and simulated coverage."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit, minimize_scalar
from scipy.stats import beta

from nucleate.errors import ArrayError, UsageError
from nucleate.measures._intrinsic_dimension import gride, scale_profile, two_nn
from nucleate.neighbors import Neighbors, knn


def swiss_sheet(n: int, seed: int = 0) -> np.ndarray:
    """A flat sheet rotated into seven dimensions."""
    rng = np.random.default_rng(seed)
    return rng.random((n, 2)) @ np.linalg.qr(rng.normal(size=(7, 7)))[0][:2]


def graph_of(distances: np.ndarray) -> Neighbors:
    """A graph with given distances; who the neighbours are does not matter here."""
    n, k = distances.shape
    return Neighbors.from_arrays((np.arange(n)[:, None] + np.arange(1, k + 1)) % n, distances)


def exact_ratios(n: int, d: float, rank: int, rng: np.random.Generator) -> Neighbors:
    """Distances whose ratios follow the model exactly: mu**-d ~ Beta(rank, rank)."""
    far = np.full(n, 2.0)
    near = far * rng.beta(rank, rank, n) ** (1 / d)
    columns = [near] * rank + [far] * rank
    return graph_of(np.stack(columns, axis=1))


def test_fit_equals_least_squares_over_the_smallest_ratios() -> None:
    graph = knn(swiss_sheet(500), 2)
    logs = np.sort(np.log(graph.distances[:, 1] / graph.distances[:, 0]))
    for fraction in (0.5, 0.9, 0.95):
        kept = int(fraction * 500)
        expected = curve_fit(lambda x, m: m * x, logs[:kept], -np.log(1 - np.arange(1, kept + 1) / 500))[0][0]
        assert two_nn(graph, fraction=fraction).value == pytest.approx(expected, rel=1e-6)


def test_likelihood_is_the_closed_form_and_gride_of_rank_1() -> None:
    graph = knn(swiss_sheet(500), 2)
    ratios = graph.distances[:, 1] / graph.distances[:, 0]
    result = two_nn(graph, method="likelihood")
    assert result.value == pytest.approx(499 / np.sum(np.log(ratios)), rel=1e-12)
    assert gride(graph).value == pytest.approx(result.value, rel=1e-10)
    assert (result.n, result.excluded) == (500, 0)
    assert result.scale == pytest.approx(graph.distances[:, 1].mean())


@pytest.mark.parametrize("rank", [1, 2, 5, 16])
def test_gride_maximises_the_beta_likelihood(rank: int) -> None:
    graph = knn(swiss_sheet(400), 2 * rank)
    ratios = graph.distances[:, 2 * rank - 1] / graph.distances[:, rank - 1]

    def cost(d: float) -> float:
        # density of u = mu**-d under Beta(rank, rank), times |du/dmu|
        u = ratios**-d
        return -float(np.sum(beta.logpdf(u, rank, rank) + np.log(d * u / ratios)))

    def unbiased_cost(d: float) -> float:
        return cost(d) + float(np.log(d))

    best = minimize_scalar(unbiased_cost, bounds=(0.1, 20), method="bounded", options={"xatol": 1e-10})
    result = gride(graph, rank=rank)
    assert result.value == pytest.approx(best.x, rel=1e-6)
    step = 1e-3
    curvature = (cost(result.value + step) - 2 * cost(result.value) + cost(result.value - step)) / step**2
    assert np.log(result.high / result.value) == pytest.approx(1.959964 / np.sqrt(curvature) / result.value, rel=1e-3)


def test_values_of_dadapy_and_scikit_dimension() -> None:
    """Values that DADApy 0.3.4 and (fit, 0.9) scikit-dimension 0.5.0 give for the same data."""
    rng = np.random.default_rng(0)
    graph = knn(rng.normal(size=(1500, 5)) @ rng.normal(size=(5, 12)), 64)
    assert two_nn(graph).value == pytest.approx(5.269804510771541, rel=1e-9)
    assert two_nn(graph, fraction=0.95).value == pytest.approx(5.330947196722576, rel=1e-9)
    assert two_nn(graph, method="likelihood").value == pytest.approx(5.299468068689983, rel=1e-9)
    expected = {1: 5.29946808, 2: 4.92024403, 4: 4.89177487, 8: 4.97742154, 16: 4.79236618, 32: 4.65192905}
    for rank, value in expected.items():
        assert gride(graph, rank=rank).value == pytest.approx(value, rel=1e-7)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_known_dimensions_are_found(d: int) -> None:
    rng = np.random.default_rng(d)
    X = rng.normal(size=(3000, d)) @ rng.normal(size=(d, 20))
    graph = knn(X, 8)
    for result in (two_nn(graph), two_nn(graph, method="likelihood"), gride(graph, rank=4)):
        assert result.low < result.value < result.high
        assert result.value == pytest.approx(d, rel=0.1)


def test_on_a_sphere_cosine_distances_give_its_dimension() -> None:
    X = np.random.default_rng(0).normal(size=(3000, 4))
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    by_angle, by_chord = two_nn(knn(X, 2, metric="cosine")), two_nn(knn(unit, 2))
    assert by_angle.value == pytest.approx(by_chord.value, rel=1e-6) == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("estimate", ["fit", "likelihood", "gride"])
def test_intervals_cover_the_truth_as_often_as_they_say(estimate: str) -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        if estimate == "gride":
            result = gride(exact_ratios(200, 6.0, 3, rng), rank=3)
        else:
            result = two_nn(exact_ratios(200, 6.0, 1, rng), method=estimate)  # type: ignore[arg-type]
        covered += result.low < 6 < result.high
    assert 0.92 <= covered / 400 <= 0.98  # standard error 0.011


def test_scaling_and_rotation_change_nothing() -> None:
    X = swiss_sheet(300)
    moved = 1e6 * X @ np.linalg.qr(np.random.default_rng(5).normal(size=(7, 7)))[0] + 3
    for estimate in (two_nn, lambda g: gride(g, rank=3)):
        assert estimate(knn(moved, 6)).value == pytest.approx(estimate(knn(X, 6)).value, rel=1e-6)


def test_duplicates_are_counted_and_excluded() -> None:
    X = swiss_sheet(400)
    graph = knn(np.concatenate([X, X[:50]]), 2)
    result = two_nn(graph)
    assert (result.n, result.excluded) == (350, 100)
    rest = Neighbors(graph.indices[50:400], graph.distances[50:400])
    assert result.value == pytest.approx(two_nn(rest).value, rel=1e-12)
    triples = knn(np.repeat(X[:40], 3, axis=0), 6)
    with pytest.raises(ArrayError, match="120 of 120 samples have a duplicate"):
        two_nn(triples)
    assert (gride(triples, rank=3).n, gride(triples, rank=3).excluded) == (120, 0)


def test_equal_distances_have_no_dimension() -> None:
    lattice = knn(np.stack(np.meshgrid(np.arange(9), np.arange(9)), -1).reshape(-1, 2), 4)
    for estimate in (two_nn, lambda g: two_nn(g, method="likelihood"), gride):
        with pytest.raises(ArrayError, match="lattice"):
            estimate(lattice)
    half = graph_of(np.concatenate([np.ones((60, 2)), np.tile([1.0, 2.0], (40, 1))]))
    with pytest.raises(ArrayError, match="50 smallest ratios are all 1"):
        two_nn(half, fraction=0.5)
    assert two_nn(half, method="likelihood").value == pytest.approx(99 / (40 * np.log(2)))


def test_too_few_neighbours_or_impossible_choices_are_named() -> None:
    graph = knn(swiss_sheet(30), 5)
    with pytest.raises(ArrayError, match=r"holds 1 neighbours, 2 are needed\. Search again with k=2"):
        two_nn(graph.first(1))
    with pytest.raises(ArrayError, match="6 are needed"):
        gride(graph, rank=3)
    with pytest.raises(ArrayError, match="fewer than 3"):
        two_nn(Neighbors(graph.indices[:2], graph.distances[:2]))
    with pytest.raises(UsageError, match="rank=0"):
        gride(graph, rank=0)
    with pytest.raises(UsageError, match="fraction=1"):
        two_nn(graph, fraction=1)
    with pytest.raises(UsageError, match="unknown method 'ols'"):
        two_nn(graph, method="ols")  # type: ignore[arg-type]


def test_scale_profile_sees_noise_near_and_the_line_far() -> None:
    rng = np.random.default_rng(0)
    X = np.stack([rng.random(4000), 0.0005 * rng.random(4000)], axis=1)
    profile = scale_profile(X, halvings=4)
    assert [step.n for step in profile] == [4000] * 5
    assert [step.value for step in profile] == sorted((step.value for step in profile), reverse=True)
    assert [step.scale for step in profile] == sorted(step.scale for step in profile)
    assert profile[0].value > 1.6
    assert profile[-1].value < 1.2


def test_scale_profile_begins_with_two_nn_and_needs_enough_samples() -> None:
    X = swiss_sheet(300)
    assert scale_profile(X, halvings=0)[0].value == pytest.approx(two_nn(knn(X, 2), method="likelihood").value)
    assert scale_profile(X, seed=1) == scale_profile(X, seed=1) != scale_profile(X, seed=2)
    with pytest.raises(ArrayError, match=r"20 samples halved 3 times leave fewer than 3\. Halve at most 2 times"):
        scale_profile(X[:20], halvings=3)
    with pytest.raises(UsageError, match="halvings=-1"):
        scale_profile(X, halvings=-1)


REFERENCE = Path(__file__).parent / "reference"
MAKER = runpy.run_path(str(REFERENCE / "make_dimensions.py"))
KNOWN = json.loads((REFERENCE / "dimensions.json").read_text())


@pytest.mark.parametrize("layer", ["input", "linear0", "linear1", "linear2"])
def test_digits_have_the_dimensions_that_dadapy_and_scikit_dimension_give_them(layer: str) -> None:
    graph = knn(MAKER["layers"]()[layer], 64)
    for parameters, expected in KNOWN["dadapy"][layer].items():
        kind, _, choice = parameters.partition(" ")
        number = choice.partition("=")[2]
        found = two_nn(graph, fraction=float(number)) if kind == "two-nn" else gride(graph, rank=int(number))
        assert found.value == pytest.approx(expected, rel=1e-7), parameters
    for parameters, expected in KNOWN["scikit-dimension"][layer].items():
        fraction = float(parameters.partition("=")[2])
        assert two_nn(graph, fraction=fraction).value == pytest.approx(expected, rel=1e-11)
