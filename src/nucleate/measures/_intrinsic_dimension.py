"""Intrinsic dimension: along how many coordinates the samples vary, from ratios of neighbour distances."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from nucleate.arrays import as_matrix
from nucleate.errors import ArrayError, UsageError
from nucleate.neighbors import Metric, Neighbors, knn

Method = Literal["fit", "likelihood"]
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class IntrinsicDimension:
    """An estimate of the intrinsic dimension.

    Attributes
    ----------
    value : float
        The estimate.
    low, high : float
        Its 95% interval, if the distance ratios of different samples were independent.
    scale : float
        Mean distance to the farther of the two neighbours used: the scale at which the dimension is seen.
    n : int
        Number of samples used.
    excluded : int
        Number of samples left out because the nearer neighbour is a duplicate (distance 0).
    """

    value: float
    low: float
    high: float
    scale: float
    n: int
    excluded: int


def two_nn(neighbors: Neighbors, *, method: Method = "fit", fraction: float = 0.9) -> IntrinsicDimension:
    r"""Estimate the intrinsic dimension from the distances to the first two neighbours.

    With :math:`\mu_i = r_2(i) / r_1(i)`, :math:`\log \mu` is exponential with rate d, the dimension. ``"fit"``: the
    slope through the origin of :math:`-\log(1 - i/N)` on the sorted :math:`\log \mu_{(i)}`, over the smallest
    ``int(fraction * N)`` of them. ``"likelihood"``: :math:`d = (N - 1) / \sum_i \log \mu_i`, all of them, no bias.

    Parameters
    ----------
    neighbors : Neighbors
        At least 2 neighbours per sample. Cosine distances are turned into those of the normalised rows.
    method : {"fit", "likelihood"}
        How to estimate.
    fraction : float
        Share of the smallest ratios that ``"fit"`` uses, above 0 and below 1; 0.9 is the published value.

    Returns
    -------
    IntrinsicDimension
        N counts samples after those with a duplicate (r_1 = 0) are excluded.

    Raises
    ------
    ArrayError
        When the graph holds fewer than 2 neighbours, when fewer than 3 samples are left, or when all their
        ratios are 1 (a lattice), which no dimension explains.
    UsageError
        For an unknown method or a fraction outside (0, 1).

    Notes
    -----
    Time O(n log n). The interval of ``"fit"`` is the first-order one for exponential order statistics.

    References
    ----------
    Facco, d'Errico, Rodriguez, Laio, "Estimating the intrinsic dimension of datasets by a minimal neighborhood
    information", Scientific Reports 7, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from nucleate.neighbors import knn
    >>> sheet = np.random.default_rng(0).random((2000, 2))
    >>> round(two_nn(knn(sheet, 2)).value, 1)
    2.0
    """
    if method not in get_args(Method):
        raise UsageError(f"unknown method {method!r}", f"Choose one of {', '.join(get_args(Method))}")
    if not 0 < fraction < 1:
        raise UsageError(f"fraction={fraction}", "Choose a fraction above 0 and below 1")
    logs, scale, excluded = _log_ratios(*_radii(neighbors, 1))
    value, error = _fit(np.sort(logs), fraction) if method == "fit" else _likelihood(logs)
    return _estimate(value, error, scale=scale, n=len(logs), excluded=excluded)


def gride(neighbors: Neighbors, *, rank: int = 1) -> IntrinsicDimension:
    r"""Estimate the intrinsic dimension at the scale of a neighbour rank, by maximum likelihood.

    With :math:`\mu_i = r_{2k}(i) / r_k(i)`, :math:`\mu^{-d}` follows a Beta(k, k) law; d maximises

    .. math:: (N - 1) \log d + (k - 1) \sum_i \log(\mu_i^d - 1) - ((2k - 1) d + 1) \sum_i \log \mu_i

    (N - 1 in place of N takes the bias away at rank 1.) Larger ranks see larger scales and average over more of
    the noise.

    Parameters
    ----------
    neighbors : Neighbors
        At least ``2 * rank`` neighbours per sample.
    rank : int
        k: the ratio is that of the distances to neighbours 2k and k.

    Returns
    -------
    IntrinsicDimension
        Rank 1 is ``two_nn(method="likelihood")``.

    Raises
    ------
    ArrayError
        When the graph holds too few neighbours, fewer than 3 samples are left, or all ratios are 1.
    UsageError
        When `rank` is below 1.

    Notes
    -----
    Time O(n) per step of a root search.

    References
    ----------
    Denti, Doimo, Laio, Mira, "The generalized ratios intrinsic dimension estimator", Scientific Reports 12, 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from nucleate.neighbors import knn
    >>> sheet = np.random.default_rng(0).random((2000, 2))
    >>> round(gride(knn(sheet, 8), rank=4).value, 1)
    2.0
    """
    from scipy.optimize import brentq  # here, because it takes longer to import than all else

    if rank < 1:
        raise UsageError(f"rank={rank}", "Choose a rank of at least 1")
    logs, scale, excluded = _log_ratios(*_radii(neighbors, rank))

    def slope(d: float) -> float:
        # Derivative of the log-likelihood; it falls from +inf to -rank * sum(logs), so it has one root.
        return (
            (len(logs) - 1) / d + (rank - 1) * float(_log_over_gap(logs, d).sum()) - (2 * rank - 1) * float(logs.sum())
        )

    upper = 1.0
    while slope(upper) > 0:
        upper *= 2
    lower = upper / 2
    while slope(lower) < 0:
        lower /= 2
    value = float(brentq(slope, lower, upper, xtol=1e-12, rtol=1e-12))
    gap = _log_over_gap(logs, value)
    information = len(logs) / value**2 + (rank - 1) * float((gap * (gap - logs)).sum())
    return _estimate(value, 1 / (value * np.sqrt(information)), scale=scale, n=len(logs), excluded=excluded)


def scale_profile(
    X: Any, *, halvings: int = 4, metric: Metric = "euclidean", seed: int = 0
) -> list[IntrinsicDimension]:
    """Two-NN likelihood on ever sparser samples: the dimension at ever larger scales.

    Step s cuts the shuffled rows into 2**s equal parts, finds neighbours within each part and pools all ratios, so
    that every step uses (nearly) all samples.

    Parameters
    ----------
    X : array or tensor, (n, d)
        Samples by columns.
    halvings : int
        Number of times the density is halved; the result has ``halvings + 1`` entries.
    metric : {"euclidean", "cosine"}
        Distance to use.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    list of IntrinsicDimension
        From the full sample to the sparsest.

    Raises
    ------
    ArrayError
        When a part would hold fewer than 3 samples, or as `two_nn` does.

    Notes
    -----
    Time of step s: that of a neighbour search, over 2**s.

    References
    ----------
    Facco, d'Errico, Rodriguez, Laio, Scientific Reports 7, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> noisy_line = np.random.default_rng(0).random((2000, 2)) * [1, 0.001]
    >>> [round(step.value, 1) for step in scale_profile(noisy_line, halvings=3)]
    [1.8, 1.7, 1.3, 1.2]
    """
    rows = as_matrix(X)
    if halvings < 0:
        raise UsageError(f"halvings={halvings}", "Choose 0 or more")
    if len(rows) < 3 * 2**halvings:
        raise ArrayError(
            f"{len(rows)} samples halved {halvings} times leave fewer than 3",
            f"Halve at most {max(0, int(np.log2(max(len(rows), 3) / 3)))} times",
        )
    order = np.random.default_rng(seed).permutation(len(rows))
    return [_pooled(rows, np.array_split(order, 2**step), metric) for step in range(halvings + 1)]


def _pooled(rows: Float[np.ndarray, "n d"], parts: list[np.ndarray], metric: Metric) -> IntrinsicDimension:
    """One estimate from the ratios found within each of several parts of the rows."""
    near, far = np.concatenate([_radii(knn(rows[part], 2, metric=metric), 1) for part in parts], axis=1)
    logs, scale, excluded = _log_ratios(near, far)
    value, error = _likelihood(logs)
    return _estimate(value, error, scale=scale, n=len(logs), excluded=excluded)


def _radii(neighbors: Neighbors, rank: int) -> Float[np.ndarray, "2 n"]:
    """Distances to neighbours `rank` and `2 * rank`."""
    if neighbors.k < 2 * rank:
        raise ArrayError(
            f"the graph holds {neighbors.k} neighbours, {2 * rank} are needed", f"Search again with k={2 * rank}"
        )
    radii = neighbors.distances[:, [rank - 1, 2 * rank - 1]].T
    # 1 - cosine is half the squared distance of normalised rows: its square root is a distance, itself it is not.
    return np.sqrt(2 * radii) if neighbors.metric == "cosine" else radii


def _log_ratios(near: Float[np.ndarray, " n"], far: Float[np.ndarray, " n"]) -> tuple[np.ndarray, float, int]:
    """log(far / near) where near > 0, the mean of far there, and the number left out."""
    used = near > 0
    if used.sum() < 3:
        raise ArrayError(
            f"{len(near) - used.sum()} of {len(near)} samples have a duplicate, fewer than 3 are left",
            "Remove duplicates or choose a larger rank",
        )
    logs = np.log(far[used] / near[used])
    if not logs.any():
        raise ArrayError(
            "both distances are equal at every sample, as on a lattice: no dimension explains that",
            "Choose another rank or add the noise of the measurement",
        )
    return logs, float(far[used].mean()), int(len(near) - used.sum())


def _likelihood(logs: Float[np.ndarray, " n"]) -> tuple[float, float]:
    """Rate of exponential variables, and its relative error."""
    return (len(logs) - 1) / float(logs.sum()), len(logs) ** -0.5


def _fit(logs: Float[np.ndarray, " n"], fraction: float) -> tuple[float, float]:
    r"""Slope through the origin of the exponential quantiles on the sorted logarithms, and its relative error.

    Exponential order statistics are sums of independent spacings, :math:`x_{(i)} = \sum_{j \le i} z_j / (N - j + 1)`:
    the variance of their products with the quantiles is a sum of squares.
    """
    n = len(logs)
    kept = max(1, int(fraction * n))
    x = logs[:kept]
    if not x.any():
        raise ArrayError(
            f"the {kept} smallest ratios are all 1, as on a lattice: no slope fits them",
            "Use a larger fraction, or the likelihood",
        )
    quantiles = -np.log1p(-np.arange(1, kept + 1) / n)
    square = float(quantiles @ quantiles)
    from_here = np.cumsum(quantiles[::-1])[::-1] / (n - np.arange(kept))
    return float(x @ quantiles) / float(x @ x), float(np.sqrt(from_here @ from_here)) / square


def _log_over_gap(logs: Float[np.ndarray, " n"], d: float) -> Float[np.ndarray, " n"]:
    """Derivative of log(mu**d - 1) by d, x / (1 - exp(-d x)) with x = log mu; its limit 1/d at x = 0."""
    return np.divide(logs, -np.expm1(-d * logs), out=np.full(len(logs), 1 / d), where=logs > 0)


def _estimate(value: float, relative_error: float, *, scale: float, n: int, excluded: int) -> IntrinsicDimension:
    stretch = float(np.exp(_Z * relative_error))
    return IntrinsicDimension(value, value / stretch, value * stretch, scale, n, excluded)
