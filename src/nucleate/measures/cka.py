"""Centred kernel alignment (CKA): how similar two representations arrange the same samples."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, Protocol, get_args

import numba
import numpy as np
from jaxtyping import Float
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nucleate.arrays import as_matrix
from nucleate.errors import ArrayError, UsageError
from nucleate.neighbors import knn

Kernel = Literal["linear", "gaussian"]

_BLOCK_ROWS = 512  # tiles of 2 MiB stay in cache
_MOST_FEATURES = 8192  # the feature form holds the products of all pairs of columns: 512 MiB


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
    and Gaussian: time O(n**2 (d + e)) in tiles of 512 rows, never an n x n matrix.

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
    if kernel not in get_args(Kernel):
        raise UsageError(f"unknown kernel {kernel!r}", f"Choose one of {', '.join(get_args(Kernel))}")
    if not 0 < bandwidth < np.inf:
        raise UsageError(f"bandwidth={bandwidth}", "Choose a factor above 0")
    first, second = as_matrix(X, name="X", min_rows=2), as_matrix(Y, name="Y", min_rows=2)
    n, columns = len(first), first.shape[1] + second.shape[1]
    if n != len(second):
        raise ArrayError(f"X has {n} samples, Y {len(second)}", "Compare representations of the same samples")
    if debiased and n < 4:
        raise ArrayError(f"{n} samples", "The unbiased estimator needs at least 4")
    for name, side in (("X", first), ("Y", second)):
        if (side == side[0]).all():
            raise ArrayError(f"all rows of {name} are equal", "CKA compares variation: leave constant layers out")
    if kernel == "gaussian":
        moments = _from_tiles(_Gaussian.of(first, bandwidth, "X"), _Gaussian.of(second, bandwidth, "Y"), n)
    elif columns <= _MOST_FEATURES and max(first.shape[1], second.shape[1]) < n:
        moments = _from_features(first, second)
    else:
        moments = _from_tiles(_Linear.of(first), _Linear.of(second), n)
    return _alignment(moments, debiased)


@dataclass(frozen=True)
class _Moments:
    """All that HSIC needs of two kernel matrices K and L."""

    kk: float  # sum of K_ij K_ij
    kl: float
    ll: float
    k_rows: Float[np.ndarray, " n"]  # row sums of K
    l_rows: Float[np.ndarray, " n"]
    k_own: Float[np.ndarray, " n"]  # diagonal of K
    l_own: Float[np.ndarray, " n"]


def _alignment(m: _Moments, debiased: bool) -> float:
    hsic = _unbiased_hsic if debiased else _biased_hsic
    kk = hsic(m.kk, m.k_rows, m.k_rows, m.k_own, m.k_own)
    ll = hsic(m.ll, m.l_rows, m.l_rows, m.l_own, m.l_own)
    for name, itself in (("X", kk), ("Y", ll)):
        if itself <= 0:
            raise ArrayError(
                f"the kernel of {name} has no variance beyond its diagonal",
                "Use more samples, a larger bandwidth or the biased estimator",
            )
    return hsic(m.kl, m.k_rows, m.l_rows, m.k_own, m.l_own) / sqrt(kk * ll)


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


def _from_features(X: Float[np.ndarray, "n d"], Y: Float[np.ndarray, "n e"]) -> _Moments:
    """Linear kernels from products of columns: |X^T Y|^2 is the sum of K_ij L_ij."""
    n, d = X.shape
    first, second = _Linear.of(X), _Linear.of(Y)
    products = np.zeros((d + Y.shape[1],) * 2)
    own = np.empty((2, n))
    for start in range(0, n, _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        block = np.hstack([first.left(rows), second.left(rows)])
        products += block.T @ block
        own[0, rows], own[1, rows] = (block[:, :d] ** 2).sum(axis=1), (block[:, d:] ** 2).sum(axis=1)
    kk, kl, ll = (float(np.vdot(part, part)) for part in (products[:d, :d], products[:d, d:], products[d:, d:]))
    nothing = np.zeros(n)  # centred columns: every row of K sums to 0
    return _Moments(kk, kl, ll, nothing, nothing, own[0], own[1])


class _Kernel(Protocol):
    def left(self, rows: slice) -> Float[np.ndarray, "a d"]: ...

    def right(self, rows: slice) -> Float[np.ndarray, "b d"]: ...

    def tile(self, left: Float[np.ndarray, "a d"], right: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "a b"]: ...


@dataclass(frozen=True)
class _Linear:
    """Inner products of centred rows."""

    X: Float[np.ndarray, "n d"]
    mean: Float[np.ndarray, " d"]

    @classmethod
    def of(cls, X: Float[np.ndarray, "n d"]) -> _Linear:
        return cls(X, X.mean(axis=0, dtype=np.float64))

    def left(self, rows: slice) -> Float[np.ndarray, "a d"]:
        return self.X[rows] - self.mean

    right = left

    def tile(self, left: Float[np.ndarray, "a d"], right: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "a b"]:
        return left @ right.T


@dataclass(frozen=True)
class _Gaussian:
    """exp(-|x - y|^2 / 2) of rows measured in units of sigma, the exponent from one product.

    [x, -|x|^2 / 2, 1] . [y, 1, -|y|^2 / 2] = -|x - y|^2 / 2
    """

    rows: _Linear
    sigma: float

    @classmethod
    def of(cls, X: Float[np.ndarray, "n d"], bandwidth: float, name: str) -> _Gaussian:
        nearest = float(knn(X, 1).distances.mean())
        if nearest == 0:
            raise ArrayError(
                f"every row of {name} has a duplicate, so the mean distance to the first neighbour is 0",
                "Remove duplicates",
            )
        return cls(_Linear.of(X), bandwidth * nearest)

    def left(self, rows: slice) -> Float[np.ndarray, "a d"]:
        return self._extended(rows, -2, -1)

    def right(self, rows: slice) -> Float[np.ndarray, "b d"]:
        return self._extended(rows, -1, -2)

    def _extended(self, rows: slice, half: int, one: int) -> Float[np.ndarray, "a d"]:
        X = self.rows.X[rows]
        extended = np.empty((X.shape[0], X.shape[1] + 2))
        x = np.subtract(X, self.rows.mean, out=extended[:, :-2])
        x /= self.sigma
        extended[:, half] = np.einsum("ij,ij->i", x, x) / -2
        extended[:, one] = 1
        return extended

    def tile(self, left: Float[np.ndarray, "a d"], right: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "a b"]:
        exponent = left @ right.T
        return np.exp(exponent, out=exponent)


def _from_tiles(first: _Kernel, second: _Kernel, n: int) -> _Moments:
    """Sums over both kernel matrices, tile by tile; each pair of samples once, rows of tiles side by side."""
    spans = [slice(start, min(start + _BLOCK_ROWS, n)) for start in range(0, n, _BLOCK_ROWS)]
    own = np.empty((2, n))

    def row_of_tiles(i: int) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, "2 n"]]:
        rows, products, sums = spans[i], np.zeros(3), np.zeros((2, n))
        first_rows, second_rows = first.left(rows), second.left(rows)
        for columns in spans[i:]:
            K = first.tile(first_rows, first.right(columns))
            L = second.tile(second_rows, second.right(columns))
            sums[:, rows] += K.sum(axis=1), L.sum(axis=1)
            if rows == columns:
                own[:, rows] = K.diagonal(), L.diagonal()
            else:
                sums[:, columns] += K.sum(axis=0), L.sum(axis=0)
            times = 1 if rows == columns else 2
            products += times * np.array([np.vdot(K, K), np.vdot(K, L), np.vdot(L, L)])
        return products, sums

    products, sums = np.zeros(3), np.zeros((2, n))
    # One thread per product: tiles side by side are faster than tiles shared among all cores.
    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as pool, threadpool_limits(1, user_api="blas"):
        for part, row_sums in pool.map(row_of_tiles, range(len(spans))):
            products += part
            sums += row_sums
    kk, kl, ll = products.tolist()
    return _Moments(kk, kl, ll, sums[0], sums[1], own[0], own[1])
