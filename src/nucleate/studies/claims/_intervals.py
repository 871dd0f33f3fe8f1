"""What a few repetitions tell about a mean or a difference: an estimate and its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student

from nucleate.arrays import to_numpy
from nucleate.errors import ArrayError, UsageError


@dataclass(frozen=True)
class Estimate:
    """A mean, or a difference of means, with its interval.

    Attributes
    ----------
    mean : float
    low, high : float or None
        Ends of the interval; None where no spread can be estimated.
    counts : tuple of int
        Repetitions behind it, one count per group.
    confidence : float
        Of the interval.
    """

    mean: float
    low: float | None
    high: float | None
    counts: tuple[int, ...]
    confidence: float = 0.95

    def clipped(self, smallest: float, largest: float) -> Estimate:
        """The same estimate of a quantity that cannot lie outside a range, such as a share."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, smallest), high=min(self.high, largest))


def as_effects(values: Any, *, name: str = "effects") -> Float[np.ndarray, " repetitions"]:
    """Check one number per repetition and return float64.

    Raises
    ------
    ArrayError
        When there is none, they are not one-dimensional or not real numbers, or one is NaN or infinite.
    """
    array = to_numpy(values)
    if array.ndim != 1 or len(array) == 0:
        raise ArrayError(f"{name} has shape {array.shape}", "Pass one number per repetition")
    if array.dtype.kind not in "fiub":
        raise ArrayError(f"{name} has dtype {array.dtype}", "Pass real numbers")
    array = array.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise ArrayError(
            f"{name} is {array[bad[0]]} in repetition {bad[0]}", "Find out why, or leave it out and say so"
        )
    return array


def mean_of(effects: Any, *, confidence: float = 0.95) -> Estimate:
    """Mean of independent repetitions with Student's t interval: mean ± t s/sqrt(n), n - 1 degrees of freedom.

    One repetition has no interval; equal ones have an interval that is a point.

    Raises
    ------
    ArrayError
        As `as_effects`.
    UsageError
        When the confidence is not between 0 and 1.

    Examples
    --------
    >>> estimate = mean_of([0.20, 0.22, 0.24])
    >>> round(estimate.low, 3), round(estimate.high, 3)
    (0.17, 0.27)
    """
    values = as_effects(effects)
    error = _sum_of_squares(values) / (len(values) * (len(values) - 1)) if len(values) > 1 else None
    return _estimate(_mean(values), error, len(values) - 1, counts=(len(values),), confidence=confidence)


def difference_of_means(a: Any, b: Any, *, confidence: float = 0.95) -> Estimate:
    """Mean of group `a` minus mean of the independent group `b`, with the pooled-variance t interval.

    Both groups are taken to vary equally, so that one of them may have a single member. Without a second member in
    either there is no interval.

    Raises
    ------
    ArrayError, UsageError
        As `mean_of`.

    Examples
    --------
    >>> difference_of_means([0.5, 0.7], [0.2]).counts
    (2, 1)
    """
    first, second = as_effects(a, name="a"), as_effects(b, name="b")
    freedom = len(first) + len(second) - 2
    error = None
    if freedom > 0:
        pooled = (_sum_of_squares(first) + _sum_of_squares(second)) / freedom
        error = pooled * (1 / len(first) + 1 / len(second))
    counts = (len(first), len(second))
    return _estimate(_mean(first) - _mean(second), error, freedom, counts=counts, confidence=confidence)


def mean_of_pairs(effects: Any, *, confidence: float = 0.95) -> Estimate:
    """Mean over all pairs of S runs, with an interval that knows that pairs share runs.

    Three pairs of three runs are not three independent repetitions: the variance is the jackknife's over *runs*,
    (S - 1)/S times the sum of (mean without run s - their mean)², with S - 1 degrees of freedom. Two runs make one pair
    and no interval.

    Parameters
    ----------
    effects : (pairs,)
        In the order of ``itertools.combinations(range(S), 2)``.
    confidence : float

    Raises
    ------
    ArrayError
        As `as_effects`, or when the number of effects is not S (S - 1) / 2.
    UsageError
        When the confidence is not between 0 and 1.

    References
    ----------
    B. Efron, C. Stein, "The jackknife estimate of variance", Annals of Statistics 9, 1981.

    Examples
    --------
    >>> round(mean_of_pairs([0.1, 0.2, 0.3]).mean, 3)
    0.2
    """
    values = as_effects(effects)
    error, freedom = _jackknife_over_runs(values)
    return _estimate(_mean(values), error, freedom, counts=(len(values),), confidence=confidence)


def difference_of_pairs(a: Any, b: Any, *, confidence: float = 0.95) -> Estimate:
    """Mean over the pairs of one set of runs minus the mean over the pairs of another.

    Variances as in `mean_of_pairs`; their sum has Welch and Satterthwaite's degrees of freedom.

    Raises
    ------
    ArrayError, UsageError
        As `mean_of_pairs`.

    Examples
    --------
    >>> round(difference_of_pairs([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]).mean, 3)
    -0.4
    """
    first, second = as_effects(a, name="a"), as_effects(b, name="b")
    (error_a, freedom_a), (error_b, freedom_b) = _jackknife_over_runs(first), _jackknife_over_runs(second)
    error, freedom = None, 1.0
    if error_a is not None and error_b is not None:
        error = error_a + error_b
        if error > 0:
            freedom = error**2 / (error_a**2 / freedom_a + error_b**2 / freedom_b)
    counts = (len(first), len(second))
    return _estimate(_mean(first) - _mean(second), error, freedom, counts=counts, confidence=confidence)


def _jackknife_over_runs(pairs: Float[np.ndarray, " pairs"]) -> tuple[float | None, int]:
    runs = (1 + math.isqrt(1 + 8 * len(pairs))) // 2
    if runs * (runs - 1) // 2 != len(pairs):
        raise ArrayError(f"{len(pairs)} values are not all pairs of any number of runs", "Pass 1, 3, 6, 10, ... values")
    if runs < 3:
        return None, 0
    left, right = np.triu_indices(runs, 1)
    without = np.array([_mean(pairs[(left != run) & (right != run)]) for run in range(runs)])
    return (runs - 1) / runs * _sum_of_squares(without), runs - 1


def _mean(values: Float[np.ndarray, " n"]) -> float:
    # The mean of equal numbers is that number: rounding must not put it beside a threshold that it equals.
    return float(values[0]) if (values == values[0]).all() else float(values.mean())


def _sum_of_squares(values: Float[np.ndarray, " n"]) -> float:
    return float(np.square(values - _mean(values)).sum())


def _estimate(
    mean: float, squared_error: float | None, freedom: float, *, counts: tuple[int, ...], confidence: float
) -> Estimate:
    if not 0 < confidence < 1:
        raise UsageError(f"confidence is {confidence}", "Choose one between 0 and 1, such as 0.95")
    if squared_error is None:
        return Estimate(mean, None, None, counts, confidence)
    half = float(student.ppf((1 + confidence) / 2, freedom)) * math.sqrt(squared_error)
    return Estimate(mean, mean - half, mean + half, counts, confidence)
