"""Limited-memory BFGS for smooth convex functions of a tensor, with a preconditioner."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

ARMIJO, WOLFE = 1e-4, 0.9  # the usual shares of the first slope that a step must gain and may leave
MEMORY = 10
ATTEMPTS = 30


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where a minimisation ended.

    Attributes
    ----------
    point, gradient : Tensor
    value : float
    iterations : int
    evaluations : int
        How many times the function was evaluated.
    converged : bool
        Whether the value is estimated to exceed the minimum by less than the tolerance.
    """

    point: Tensor
    gradient: Tensor
    value: float
    iterations: int
    evaluations: int
    converged: bool


def minimize(
    function: Callable[[Tensor], tuple[float, Tensor]],
    start: Tensor,
    precondition: Callable[[Tensor], Tensor],
    *,
    tolerance: float,
    max_iterations: int,
) -> Minimum:
    """Minimise a smooth convex function.

    Parameters
    ----------
    function : callable
        From a point to the value and the gradient there.
    start : Tensor
        Any shape; dtype and device of all vectors.
    precondition : callable
        Multiplies a vector by a first guess of the inverse Hessian, right up to a factor.
    tolerance : float
        Stop when the value is estimated (by half the Newton decrement) to exceed the minimum by less.
    max_iterations : int

    Returns
    -------
    Minimum
        Not converged after `max_iterations`, or when rounding leaves no step that lowers the value.

    References
    ----------
    J. Nocedal, S. J. Wright, "Numerical Optimization", 2006, chapters 3 and 7.
    """
    point = start
    value, gradient = function(point)
    history: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=MEMORY)  # step, change of gradient, their product
    evaluations, iterations, converged = 1, 0, False
    while True:
        direction = -_times_inverse_hessian(gradient, history, precondition)
        slope = float((direction * gradient).sum())
        converged = -slope / 2 <= tolerance
        if converged or iterations == max_iterations:
            break
        found = _line_search(function, point, value, direction=direction, slope=slope)
        evaluations += found.evaluations
        if not found.value < value:
            break
        step, change = found.point - point, found.gradient - gradient
        product = float((step * change).sum())
        if product > 0:  # always, but for rounding
            history.append((step, change, product))
        point, value, gradient = found.point, found.value, found.gradient
        iterations += 1
    return Minimum(point, gradient, value, iterations, evaluations, converged)


def _times_inverse_hessian(
    vector: Tensor, history: deque[tuple[Tensor, Tensor, float]], precondition: Callable[[Tensor], Tensor]
) -> Tensor:
    """The two-loop recursion, the preconditioner scaled to the curvature of the last step."""
    vector = vector.clone()
    weights = []
    for step, change, product in reversed(history):
        weights.append(float((step * vector).sum()) / product)
        vector -= weights[-1] * change
    vector = precondition(vector)
    if history:
        _, change, product = history[-1]
        vector *= product / float((change * precondition(change)).sum())
    for (step, change, product), weight in zip(history, reversed(weights), strict=True):
        vector += (weight - float((change * vector).sum()) / product) * step
    return vector


def _line_search(
    function: Callable[[Tensor], tuple[float, Tensor]],
    point: Tensor,
    value: float,
    *,
    direction: Tensor,
    slope: float,
) -> Minimum:
    """The first step, by doubling and halving, that meets the weak Wolfe conditions; else the last that went down."""
    shortest, longest, length = 0.0, float("inf"), 1.0
    best = Minimum(point, direction, value, 0, ATTEMPTS, False)
    for attempt in range(1, ATTEMPTS + 1):
        candidate = point + length * direction
        reached, gradient = function(candidate)
        if not reached <= value + ARMIJO * length * slope:
            longest = length
        else:
            best = Minimum(candidate, gradient, reached, 1, attempt, False)
            if float((direction * gradient).sum()) >= WOLFE * slope:
                break
            shortest = length
        length = (shortest + longest) / 2 if longest < float("inf") else 2 * length
    return best
