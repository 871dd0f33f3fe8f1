"""Multinomial logistic regression with an L2 penalty, fitted by preconditioned L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from nucleate.measures._linear_probe._lbfgs import Minimum, minimize

WIDEST = 4096  # columns whose covariances still pay as a preconditioner
DAMPING = 0.3  # share of the mean variance added to every variance: a confident model curves less
SMALL = 2**26  # multiplications of a product that one thread does before it has woken others
BLOCK_BYTES = {"cpu": 2**25, "cuda": 2**30}


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

    @cached_property
    def covariance(self) -> Float[Tensor, "d d"] | Float[Tensor, " d"]:
        """Covariances of the columns, float32, from about as many rows as there are columns (or 256).

        Variances alone, float64 and from all rows, where columns are uncorrelated or so many that covariances would
        cost more than they save.
        """
        d = self.rows.shape[1]
        if self.uncorrelated or d > WIDEST:
            blocks = torch.split(self.rows, block_rows(self.rows))
            return torch.stack([block.double().square().sum(0) for block in blocks]).sum(0) / len(self.rows)
        sample = self.rows[:: max(1, len(self.rows) // max(d, 256))].float()
        return sample.T @ sample / len(sample)

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
    minus_one = torch.full((1, 1), -1, dtype=rows.dtype, device=rows.device)
    size = block_rows(rows)
    for block, codes in zip(torch.split(rows, size), torch.split(problem.codes, size), strict=True):
        log_probability = torch.log_softmax(torch.addmm(intercepts, block, weights.T), dim=1)
        target = codes[:, None]
        loss -= log_probability.gather(1, target).sum(dtype=torch.float64)
        excess = log_probability.exp_().scatter_add_(1, target, minus_one.expand(len(block), 1))
        gradient[:, :-1] += excess.T @ block
        gradient[:, -1] += excess.sum(0, dtype=torch.float64)
    gradient /= n
    gradient[:, :-1] += penalty * parameters[:, :-1]
    return float(loss) / n + penalty / 2 * float(parameters[:, :-1].square().sum()), gradient


def preconditioner(problem: Problem, penalty: float) -> Callable[[Tensor], Tensor]:
    """Multiplication by an approximate inverse Hessian, the same for every class.

    The Hessian of one class at equal odds is the covariance of the columns over the number of classes, plus penalty.
    """
    n_classes, covariance = problem.n_classes, problem.covariance
    variance = covariance if covariance.ndim == 1 else covariance.diagonal()
    added = DAMPING * variance.mean() + penalty * n_classes
    if covariance.ndim == 1:
        inverse = n_classes / (variance + added)
        return lambda vector: torch.cat([vector[:, :-1] * inverse, vector[:, -1:] * n_classes], dim=1)
    # Damping bounds the condition number by d / DAMPING, which float32 bears; one product is cheaper than two solves.
    factor = torch.linalg.cholesky(covariance + added * torch.eye(len(covariance), device=covariance.device))
    inverse = torch.cholesky_inverse(factor) * n_classes

    def precondition(vector: Tensor) -> Tensor:
        weights = (vector[:, :-1].float() @ inverse).to(vector.dtype)
        return torch.cat([weights, vector[:, -1:] * n_classes], dim=1)

    return precondition


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
