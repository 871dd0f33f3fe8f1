import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from nucleate.measures._linear_probe import _logistic as logistic
from nucleate.measures._linear_probe._logistic import Problem, fit, loss_and_gradient, preconditioner


def problem(n=60, d=5, n_classes=3, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.arange(n) % n_classes
    rows = torch.randn(n, d, generator=generator, dtype=torch.float64) * torch.logspace(0, -2, d) + codes[:, None] / 4
    return Problem((rows - rows.mean(0)).to(dtype), codes, n_classes)


def plain_loss(problem, penalty, parameters):
    logits = problem.rows.double() @ parameters[:, :-1].T + parameters[:, -1]
    entropy = torch.nn.functional.cross_entropy(logits, problem.codes)
    return entropy + penalty / 2 * parameters[:, :-1].square().sum()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@pytest.mark.parametrize("block_bytes", [1, 1000, 2**24])
def test_gradient_equals_autograd(monkeypatch, dtype, tolerance, block_bytes):
    monkeypatch.setitem(logistic.BLOCK_BYTES, "cpu", block_bytes)
    samples = problem(dtype=dtype)
    parameters = torch.randn(3, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    expected = plain_loss(samples, 0.1, parameters)
    expected.backward()
    value, gradient = loss_and_gradient(samples, 0.1, parameters.detach())
    assert value == pytest.approx(float(expected.detach()), rel=tolerance)
    torch.testing.assert_close(gradient, parameters.grad, atol=tolerance, rtol=0)


@pytest.mark.parametrize("strength", [1e-3, 1.0, 100.0])
def test_minimum_equals_sklearn(strength):
    samples = problem()
    found = fit(samples, strength, samples.zeros(), tolerance=1e-13, max_iterations=500)
    peer = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=10_000).fit(samples.rows, samples.codes)
    theirs = torch.from_numpy(np.hstack([peer.coef_, peer.intercept_[:, None]]))
    assert found.value == pytest.approx(float(plain_loss(samples, strength / 60, theirs)), abs=1e-10)
    assert found.value == pytest.approx(float(plain_loss(samples, strength / 60, found.point)), abs=1e-12)
    np.testing.assert_allclose(found.point[:, :-1], peer.coef_, atol=1e-3 * np.abs(peer.coef_).max())


def test_preconditioner_inverts_the_damped_covariance():
    samples = problem(n=10)  # so few that all rows are used
    covariance = samples.rows.T @ samples.rows / 10
    damped = covariance + logistic.DAMPING * covariance.diagonal().mean() * torch.eye(5)
    vector = torch.randn(3, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    solved = preconditioner(samples, 0.2)(vector)
    torch.testing.assert_close(solved[:, :-1] @ (damped / 3 + 0.2 * torch.eye(5)), vector[:, :-1], atol=1e-5, rtol=0)
    torch.testing.assert_close(solved[:, -1], 3 * vector[:, -1])


def test_preconditioners_agree_where_columns_are_uncorrelated(monkeypatch):
    axes = torch.linalg.svd(problem(n=20).rows, full_matrices=False)
    rotated = axes.U * axes.S
    vector = torch.ones(3, 6, dtype=torch.float64)
    full = preconditioner(Problem(rotated, torch.arange(20) % 3, 3), 0.1)(vector)
    known = preconditioner(Problem(rotated, torch.arange(20) % 3, 3, uncorrelated=True), 0.1)(vector)
    torch.testing.assert_close(known, full, atol=1e-5, rtol=1e-5)
    monkeypatch.setattr(logistic, "WIDEST", 4)
    wide = preconditioner(Problem(rotated, torch.arange(20) % 3, 3), 0.1)(vector)
    torch.testing.assert_close(wide, full, atol=1e-5, rtol=1e-5)


def test_preconditioning_saves_iterations(monkeypatch):
    samples = problem(n=300, d=40)
    quick = fit(samples, 1e-2, samples.zeros(), tolerance=1e-8, max_iterations=1000)
    monkeypatch.setattr(logistic, "preconditioner", lambda problem, penalty: torch.clone)
    slow = fit(samples, 1e-2, samples.zeros(), tolerance=1e-8, max_iterations=1000)
    assert quick.value == pytest.approx(slow.value, abs=1e-5)
    assert quick.iterations < slow.iterations


@pytest.mark.parametrize(("small", "inside"), [(0, 2), (2**26, 1)])
def test_threads_are_given_back(monkeypatch, small, inside):
    monkeypatch.setattr(logistic, "SMALL", small)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    seen = []
    original = logistic.loss_and_gradient
    monkeypatch.setattr(
        logistic, "loss_and_gradient", lambda *a: (seen.append(torch.get_num_threads()), original(*a))[1]
    )
    try:
        samples = problem()
        fit(samples, 1.0, samples.zeros(), tolerance=1e-3, max_iterations=5)
        assert set(seen) == {inside}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
