"""Centred kernel alignment (CKA): how similar two representations arrange the same samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from nucleate.arrays import as_matrix
from nucleate.errors import ArrayError, UsageError
from nucleate.measures._kernel_moments import Moments, gaussian_moments, linear_moments

Kernel = Literal["linear", "gaussian"]
BANDWIDTHS = (0.1, 0.2, 0.5, 1.0, 2.0)
"""The published factors of the Gaussian width."""


def cka(X: Any, Y: Any, *, kernel: Kernel = "linear", bandwidth: float = 1.0, debiased: bool = False) -> float:
    r"""Centred kernel alignment of two representations of the same samples.

    .. math:: \mathrm{CKA} = \frac{\mathrm{HSIC}(K, L)}{\sqrt{\mathrm{HSIC}(K, K)\, \mathrm{HSIC}(L, L)}}, \qquad
              \mathrm{HSIC}(K, L) = \mathrm{tr}(K H L H), \quad H = I - \tfrac{1}{n} 1 1^T

    for the kernel matrices K of X and L of Y: :math:`\langle x_i, x_j \rangle` (linear) or
    :math:`\exp(-\|x_i - x_j\|^2 / 2 \sigma^2)` (Gaussian), where :math:`\sigma` is `bandwidth` times the mean distance
    to the first neighbour, for X and Y each. ``debiased`` uses the unbiased estimator of HSIC: the biased one
    grows towards 1 when there are more columns than samples, whatever they hold.

    Parameters
    ----------
    X, Y : arrays or tensors, (n, d) and (n, e)
        Two representations of the same n samples, in the same order.
    kernel : {"linear", "gaussian"}
        Linear sees the directions of largest variance; Gaussian with a small bandwidth sees neighbourhoods.
    bandwidth : float
        Factor of the Gaussian width; published 0.1, 0.2, 0.5, 1 and 2.
    debiased : bool
        Whether to use the unbiased estimator; it may be below 0 by chance.

    Returns
    -------
    float
        1 for representations equal up to rotation and scale; biased values lie in [0, 1].

    Raises
    ------
    ArrayError
        When X and Y differ in the number of samples, one of them is constant, all of one's rows have duplicates
        (Gaussian), or there are too few samples for the unbiased estimator.
    UsageError
        For an unknown kernel or a bandwidth that is not above 0.

    Notes
    -----
    float64 throughout. Linear with d + e <= 8192 and both below n: time O(n (d + e)**2), memory O((d + e)**2). Else,
    and Gaussian: time O(n**2 (d + e)) in tiles of 512 rows and chunks of 4096 columns, never an n x n
    matrix.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton, "Similarity of neural network representations revisited", ICML 2019.
    Song et al., "Feature selection via dependence maximization", Journal of Machine Learning Research 13, 2012
    (unbiased HSIC).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(50, 3))
    >>> round(cka(X, 2 * X[:, ::-1] + 1), 6)
    1.0
    """
    (moments,) = _moments(X, Y, kernel, (bandwidth,))
    if not debiased:
        return _aligned(moments, _biased_hsic)
    if len(moments.k_own) < 4:
        raise ArrayError(f"{len(moments.k_own)} samples", "The unbiased estimator needs at least 4")
    return _aligned(moments, _unbiased_hsic)


@dataclass(frozen=True)
class KernelAlignment:
    """CKA with what chance would give it.

    Attributes
    ----------
    value : float
        CKA with the biased estimator, in [0, 1].
    chance : float
        Its mean over all ways to permute the samples of one side.
    deviation : float
        Its standard deviation over these permutations; 0 for fewer than 4 samples, where it is not computed.
    debiased : float or None
        CKA with the unbiased estimator, whose mean over permutations is 0; None where it does not exist (fewer than 4
        samples, or a kernel without variance beyond its diagonal).
    """

    value: float
    chance: float
    deviation: float
    debiased: float | None


def kernel_alignment(
    X: Any, Y: Any, *, kernel: Kernel = "linear", bandwidths: Sequence[float] = BANDWIDTHS
) -> list[KernelAlignment]:
    r"""CKA by both estimators beside its exact permutation null, for several bandwidths at the cost of one product.

    With :math:`\tilde K = H K H`, :math:`\tilde L = H L H` and one side's samples permuted,
    :math:`\mathrm{tr}(\tilde K P \tilde L P^T)` has mean :math:`\mathrm{tr} \tilde K \, \mathrm{tr} \tilde L / (n - 1)`
    and a variance of closed form in :math:`\mathrm{tr} \tilde K`, :math:`\mathrm{tr} \tilde K^2`,
    :math:`\sum_i \tilde K_{ii}^2`; the normaliser of CKA does not change. No permutation is drawn.

    Parameters
    ----------
    X, Y : arrays or tensors, (n, d) and (n, e)
        Two representations of the same n samples, in the same order.
    kernel : {"linear", "gaussian"}
        As for `cka`.
    bandwidths : sequence of float
        Factors of the Gaussian width; a linear kernel has none and gives one result.

    Returns
    -------
    list of KernelAlignment
        One for each bandwidth.

    Raises
    ------
    ArrayError, UsageError
        As `cka` does.

    Notes
    -----
    Time and memory as for `cka`; each further bandwidth adds O(n**2).

    References
    ----------
    Kazi-Aoual, Hitier, Sabatier, Lebreton, "Refined approximations to permutation tests for multivariate inference",
    Computational Statistics & Data Analysis 20, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> X, Y = np.random.default_rng(0).normal(size=(2, 40, 100))
    >>> (found,) = kernel_alignment(X, Y)
    >>> print(f"{found.value:.2f}, {found.chance:.2f} by chance, debiased {found.debiased:.2f}")
    0.71, 0.71 by chance, debiased -0.01
    """
    found = _moments(X, Y, kernel, tuple(bandwidths) if kernel == "gaussian" else (1.0,))
    return [_against_chance(moments) for moments in found]


def _moments(X: Any, Y: Any, kernel: str, bandwidths: tuple[float, ...]) -> list[Moments]:
    if kernel not in get_args(Kernel):
        raise UsageError(f"unknown kernel {kernel!r}", f"Choose one of {', '.join(get_args(Kernel))}")
    for bandwidth in bandwidths:
        if not 0 < bandwidth < np.inf:
            raise UsageError(f"bandwidth={bandwidth}", "Choose a factor above 0")
    first, second = as_matrix(X, name="X", min_rows=2), as_matrix(Y, name="Y", min_rows=2)
    if len(first) != len(second):
        raise ArrayError(f"X has {len(first)} samples, Y {len(second)}", "Compare representations of the same samples")
    for name, side in (("X", first), ("Y", second)):
        if all(np.array_equal(row, side[0]) for row in side[1:]):
            raise ArrayError(f"all rows of {name} are equal", "CKA compares variation: leave constant layers out")
    return [linear_moments(first, second)] if kernel == "linear" else gaussian_moments(first, second, bandwidths)


def _against_chance(m: Moments) -> KernelAlignment:
    n = len(m.k_own)
    k_square = _biased_hsic(m.kk, m.k_rows, m.k_rows, m.k_own, m.k_own)
    l_square = _biased_hsic(m.ll, m.l_rows, m.l_rows, m.l_own, m.l_own)
    value, scale = _aligned(m, _biased_hsic), sqrt(k_square * l_square)
    k_own, l_own = _centred_diagonal(m.k_rows, m.k_own), _centred_diagonal(m.l_rows, m.l_own)
    deviation = sqrt(max(0.0, _permutation_variance(k_own, k_square, l_own, l_square))) / scale if n > 3 else 0.0
    try:
        debiased = _aligned(m, _unbiased_hsic) if n > 3 else None
    except ArrayError:
        debiased = None
    return KernelAlignment(value, float(k_own.sum() * l_own.sum() / (n - 1) / scale), deviation, debiased)


def _centred_diagonal(rows: Float[np.ndarray, " n"], own: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The diagonal of H K H."""
    return own - 2 * rows / len(own) + rows.sum() / len(own) ** 2


def _permutation_variance(
    k_own: Float[np.ndarray, " n"], k_square: float, l_own: Float[np.ndarray, " n"], l_square: float
) -> float:
    """Variance of tr(K P L P^T) over permutations P, for centred K and L with these diagonals and squared norms."""
    n = len(k_own)
    spread, peaked = [], []
    for own, square in ((k_own, k_square), (l_own, l_square)):
        trace = float(own.sum())
        spread.append((n - 1) * square - trace**2)
        peaked.append(n * (n + 1) * float(own @ own) - (n - 1) * (trace**2 + 2 * square))
    alike = 2 * spread[0] * spread[1] / ((n - 1) ** 2 * (n + 1) * (n - 2))
    return alike + peaked[0] * peaked[1] / ((n + 1) * n * (n - 1) * (n - 2) * (n - 3))


def _aligned(m: Moments, hsic: Any) -> float:
    kk = hsic(m.kk, m.k_rows, m.k_rows, m.k_own, m.k_own)
    ll = hsic(m.ll, m.l_rows, m.l_rows, m.l_own, m.l_own)
    for name, itself in (("X", kk), ("Y", ll)):
        if itself <= 0:
            raise ArrayError(
                f"the kernel of {name} has no variance beyond its diagonal",
                "Use more samples, a larger bandwidth or the biased estimator",
            )
    return float(hsic(m.kl, m.k_rows, m.l_rows, m.k_own, m.l_own) / sqrt(kk * ll))


def _biased_hsic(cross: float, k_rows: Any, l_rows: Any, k_own: Any, l_own: Any) -> float:
    """tr(K H L H) from sums."""
    n = len(k_rows)
    return float(cross - 2 / n * (k_rows @ l_rows) + k_rows.sum() * l_rows.sum() / n**2)


def _unbiased_hsic(cross: float, k_rows: Any, l_rows: Any, k_own: Any, l_own: Any) -> float:
    """The same without the diagonals and without bias, times n (n - 3)."""
    n = len(k_rows)
    k_others, l_others = k_rows - k_own, l_rows - l_own
    totals = k_others.sum() * l_others.sum() / ((n - 1) * (n - 2))
    return float(cross - k_own @ l_own + totals - 2 / (n - 2) * (k_others @ l_others))
