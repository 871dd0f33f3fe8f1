"""Multinomial logistic regression with an L2 penalty, fitted by preconditioned L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from nucleate.measures.lbfgs import Minimum, minimize

WIDEST = 4096  # columns whose covariances still pay as a preconditioner
DAMPING = 0.3  # share of the mean variance added to every variance: a confident model curves less
SMALL = 2**26  # multiplications of a product that one thread does before it has woken others
BLOCK_BYTES = {"cpu": 2**24, "cuda": 2**30}


@dataclass(frozen=True, eq=False)
class Problem:
    """Samples to classify.

    Attributes
    ----------
    rows : Tensor, shape (n, d)
        Centred: the intercepts then hardly depend on the weights.
    codes : Tensor, int64, shape (n,)
        Classes 0 to n_classes - 1.
    n_classes : int
    uncorrelated : bool
        Whether the columns are known to be uncorrelated (rotated to principal axes).
    """

    rows: Float[Tensor, "n d"]
    codes: Int[Tensor, " n"]
    n_classes: int
    uncorrelated: bool = False

    def zeros(self) -> Float[Tensor, "classes d+1"]:
        """Weights and intercepts that are all zero."""
        shape = (self.n_classes, self.rows.shape[1] + 1)
        return torch.zeros(shape, dtype=torch.float64, device=self.rows.device)


def fit(problem: Problem, strength: float, start: Tensor, *, tolerance: float, max_iterations: int) -> Minimum:
    """Minimise the mean cross-entropy plus strength / (2 n) times the squared norm of the weights, in nats.

    That is scikit-learn's objective for ``C = 1 / strength``, divided by C n; intercepts bear no penalty.

    Parameters
    ----------
    problem : Problem
    strength : float
        Positive.
    start : Tensor, float64, shape (classes, d + 1)
        Weights and, in the last column, intercepts to start from.
    tolerance : float
        Estimated excess over the minimum, in nats per sample, at which to stop.
    max_iterations : int

    Returns
    -------
    Minimum
        Its point holds weights and intercepts. Time per iteration: two products of the rows with (d, classes).
    """
    penalty = strength / len(problem.rows)
    with _as_many_threads_as_pay(problem.rows.numel() * problem.n_classes):
        return minimize(
            lambda parameters: loss_and_gradient(problem, penalty, parameters),
            start,
            preconditioner(problem, penalty),
            tolerance=tolerance,
            max_iterations=max_iterations,
        )


def loss_and_gradient(
    problem: Problem, penalty: float, parameters: Float[Tensor, "classes d+1"]
) -> tuple[float, Float[Tensor, "classes d+1"]]:
    """The mean cross-entropy plus penalty/2 times the squared norm of the weights, and its gradient.

    Rows pass once, in blocks that stay in the cache between their two products. Products are taken in the rows' dtype,
    sums over samples in float64.
    """
    rows, n = problem.rows, len(problem.rows)
    weights, intercepts = parameters[:, :-1].to(rows.dtype), parameters[:, -1].to(rows.dtype)
    loss = torch.zeros((), dtype=torch.float64, device=rows.device)
    gradient = torch.zeros_like(parameters)
    size = block_rows(rows)
    for block, codes in zip(torch.split(rows, size), torch.split(problem.codes, size), strict=True):
        logits = torch.addmm(intercepts, block, weights.T)
        normalizer = logits.logsumexp(1, keepdim=True)
        target = codes[:, None]
        loss += (normalizer - logits.gather(1, target)).sum(dtype=torch.float64)
        excess = (logits - normalizer).exp_().scatter_add_(1, target, -torch.ones_like(normalizer))
        gradient[:, :-1] += excess.T @ block
        gradient[:, -1] += excess.sum(0, dtype=torch.float64)
    gradient /= n
    gradient[:, :-1] += penalty * parameters[:, :-1]
    return float(loss) / n + penalty / 2 * float(parameters[:, :-1].square().sum()), gradient


def preconditioner(problem: Problem, penalty: float) -> Callable[[Tensor], Tensor]:
    """Multiplication by an approximate inverse Hessian, the same for every class.

    The Hessian of one class at equal odds is the covariance of the columns over the number of classes, plus penalty.
    Covariances are estimated from a few thousand rows; only variances are used where columns are uncorrelated, or so
    many that the covariances would cost more than they save.
    """
    rows, n_classes = problem.rows, problem.n_classes
    d = rows.shape[1]
    if problem.uncorrelated or d > WIDEST:
        variance = sum_of_squares(rows) / (len(rows) * n_classes)
        inverse = 1 / (variance + DAMPING * variance.mean() + penalty)
        return lambda vector: torch.cat([vector[:, :-1] * inverse, vector[:, -1:] * n_classes], dim=1)
    sample = rows[:: max(1, len(rows) // max(d, 64))].double()
    curvature = sample.T @ sample / (len(sample) * n_classes)
    curvature.diagonal().add_(DAMPING * curvature.diagonal().mean() + penalty)
    factor = torch.linalg.cholesky(curvature)

    def precondition(vector: Tensor) -> Tensor:
        weights = torch.cholesky_solve(vector[:, :-1].T, factor).T
        return torch.cat([weights, vector[:, -1:] * n_classes], dim=1)

    return precondition


def sum_of_squares(rows: Float[Tensor, "n d"]) -> Float[Tensor, " d"]:
    """Sums of squares of the columns, in float64 without a copy of all rows."""
    total = torch.zeros(rows.shape[1], dtype=torch.float64, device=rows.device)
    for block in torch.split(rows, block_rows(rows)):
        total += block.double().square().sum(0)
    return total


def block_rows(rows: Float[Tensor, "n d"]) -> int:
    """How many rows make a block that is read from memory once."""
    return max(1, BLOCK_BYTES[rows.device.type] // (rows.shape[1] * rows.element_size()))


@contextmanager
def _as_many_threads_as_pay(multiplications: int) -> Iterator[None]:
    """One thread for small products: on a busy machine waiting for the others takes far longer than the work."""
    threads = torch.get_num_threads()
    if multiplications < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
