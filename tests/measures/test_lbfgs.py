import pytest
import torch

from nucleate.measures._linear_probe._lbfgs import minimize


def quadratic(n, condition, seed=0):
    """A convex quadratic around a known minimum, in random directions."""
    generator = torch.Generator().manual_seed(seed)
    axes = torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64))[0]
    hessian = axes * torch.logspace(0, torch.tensor(condition).log10(), n, dtype=torch.float64) @ axes.T
    minimum = torch.randn(n, generator=generator, dtype=torch.float64)

    def function(x):
        gradient = hessian @ (x - minimum)
        return float((x - minimum) @ gradient) / 2 + 3.0, gradient

    return function, hessian, minimum


def test_finds_the_minimum_within_the_tolerance():
    function, _, minimum = quadratic(20, 100.0)
    found = minimize(function, torch.zeros(20).double(), torch.clone, tolerance=1e-12, max_iterations=500)
    assert found.converged
    assert found.value - 3.0 < 1e-11
    torch.testing.assert_close(found.point, minimum, atol=1e-5, rtol=0)
    assert function(found.point)[0] == found.value
    torch.testing.assert_close(found.gradient, function(found.point)[1])
    assert found.evaluations > found.iterations


def test_the_exact_inverse_hessian_needs_one_step():
    function, hessian, _ = quadratic(20, 1e6)
    start = torch.zeros(20).double()
    inverse = torch.linalg.inv(hessian)
    found = minimize(function, start, lambda vector: inverse @ vector, tolerance=1e-12, max_iterations=50)
    assert found.iterations == 1
    without = minimize(function, start, torch.clone, tolerance=1e-12, max_iterations=500)
    assert without.iterations > 10


def test_a_wrong_scale_is_found_by_the_line_search():
    function, _, _ = quadratic(10, 10.0)
    for scale in (1e-6, 1e6):
        start = torch.zeros(10).double()
        found = minimize(function, start, lambda vector, s=scale: s * vector, tolerance=1e-10, max_iterations=100)
        assert found.converged


def test_stops_where_it_starts():
    function, _, minimum = quadratic(5, 10.0)
    found = minimize(function, minimum, torch.clone, tolerance=1e-12, max_iterations=100)
    assert (found.iterations, found.evaluations, found.converged) == (0, 1, True)


def test_says_when_iterations_ran_out():
    function, _, _ = quadratic(30, 1e4)
    found = minimize(function, torch.zeros(30).double(), torch.clone, tolerance=1e-12, max_iterations=3)
    assert (found.iterations, found.converged) == (3, False)


def test_values_never_rise_and_a_kink_ends_it():
    values = []

    def absolute(x):
        values.append(float(x.abs().sum()))
        return values[-1], x.sign()

    found = minimize(absolute, torch.tensor([1.0, 0.3]).double(), torch.clone, tolerance=0.0, max_iterations=50)
    assert found.value <= values[0]
    assert found.value == pytest.approx(0.0, abs=0.3)
