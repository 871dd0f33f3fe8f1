"""Permutation-null calibration: how much of a similarity is more than chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float, Int

from nucleate.arrays import to_numpy
from nucleate.errors import ArrayError, UsageError
from nucleate.neighbors import Neighbors

Representation = TypeVar("Representation")


@dataclass(frozen=True, eq=False, repr=False)
class Calibrated:
    """A similarity beside its permutation null.

    Attributes
    ----------
    value : float
        The similarity as measured.
    calibrated : float
        ``max(0, (value - threshold) / (1 - threshold))``: 0 where chance explains the value, 1 for equality.
    threshold : float
        The value that chance exceeds with probability `level` at most.
    p_value : float
        ``(1 + number of null values >= value) / (1 + permutations)``.
    null : float64, (permutations,)
        Similarities after the samples of one side were permuted.
    """

    value: float
    calibrated: float
    threshold: float
    p_value: float
    null: Float[np.ndarray, " permutations"]

    def __repr__(self) -> str:
        return (
            f"Calibrated(value={self.value:.4f}, calibrated={self.calibrated:.4f}, threshold={self.threshold:.4f}, "
            f"p_value={self.p_value:.3g})"
        )


def calibrate(
    similarity: Callable[[Representation, Representation], Any],
    a: Representation,
    b: Representation,
    *,
    permutations: int = 200,
    level: float = 0.05,
    seed: int = 0,
) -> Calibrated:
    """Compare a similarity of two representations with its values when the samples of one are permuted.

    A permutation breaks the correspondence of samples and keeps everything else: widths, spectra, hubs. What is
    left of the similarity is what it gives to representations that share nothing.

    Parameters
    ----------
    similarity : callable
        Takes two representations, returns a number with maximum 1 or a result with a `value` (`overlap`, `cka`, ...).
    a, b : Neighbors, or arrays (n, ...)
        Two representations of the same samples, in the same order.
    permutations : int
        Number of permutations; the smallest p-value is 1 / (1 + permutations).
    level : float
        Probability, at most, that chance exceeds `threshold`.
    seed : int
        Seed of the permutations.

    Returns
    -------
    Calibrated
        Value, calibrated value, threshold, p-value and the null values.

    Raises
    ------
    ArrayError
        When the two differ in the number of samples.
    UsageError
        When `level` is outside (0, 1) or needs more permutations, or the similarity is not a finite number.

    Notes
    -----
    Time: that of ``permutations + 1`` similarities.

    References
    ----------
    Phipson, Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics and Molecular
    Biology 9, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from nucleate.measures import overlap
    >>> from nucleate.neighbors import knn
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> calibrate(overlap, knn(X, 10), knn(X, 10)).calibrated
    1.0
    """
    if not 0 < level < 1 or ceil((1 - level) * (permutations + 1)) > permutations:
        raise UsageError(
            f"level={level} with {permutations} permutations",
            "Choose a level between 0 and 1 and at least 1/level - 1 permutations",
        )
    n = _samples(a)
    if n != _samples(b):
        raise ArrayError(f"one side has {n} samples, the other {_samples(b)}", "Compare the same samples")
    rng = np.random.default_rng(seed)
    value = _number(similarity(a, b))
    null = np.array([_number(similarity(a, _permuted(b, rng.permutation(n)))) for _ in range(permutations)])
    # Rank (1 - level)(permutations + 1): the measured value counts as one more draw from the null.
    threshold = float(np.sort(null)[ceil((1 - level) * (permutations + 1)) - 1])
    calibrated = max(0.0, (value - threshold) / (1 - threshold)) if threshold < 1 else 0.0
    p_value = (1 + int((null >= value).sum())) / (1 + permutations)
    return Calibrated(value, calibrated, threshold, p_value, null)


def _samples(side: Any) -> int:
    return side.n if isinstance(side, Neighbors) else len(to_numpy(side))


def _permuted(side: Any, order: Int[np.ndarray, " n"]) -> Any:
    """The same representation with sample order[i] in place i."""
    if not isinstance(side, Neighbors):
        return to_numpy(side)[order]
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return Neighbors(place[side.indices[order]], side.distances[order], side.metric)


def _number(result: Any) -> float:
    value = float(getattr(result, "value", result))
    if not np.isfinite(value):
        raise UsageError(f"the similarity is {value}", "Pass a similarity that is finite")
    return value
