r"""Few coordinates in which no two rows are farther apart than they are.

For orthonormal directions Q the map :math:`x \mapsto (Q^T x, \|x - Q Q^T x\|)` lengthens no distance:

.. math:: \|x - y\|^2 = \|Q^T (x - y)\|^2 + \|(I - Q Q^T)(x - y)\|^2
          \ge \|Q^T (x - y)\|^2 + (\|x - Q Q^T x\| - \|y - Q Q^T y\|)^2.

Layers of networks have most of their variance in a few hundred directions, and means of clusters even more of it, so
that these distances often prove what is nearest for a fraction of the multiplications.

Rounding moves the coordinates of x by at most :math:`\eta \|x\|`. With :math:`\gamma_d = du/(1-du)`, u = 2^-53 (Higham,
*Accuracy and Stability of Numerical Algorithms*, section 3.1), and Q as computed within :math:`\omega` of orthonormal
directions, the p products err by :math:`\epsilon \|x\|`, :math:`\epsilon = \omega + \sqrt{p}\,\gamma_d`, the squared
length of the rest by :math:`(\gamma_d + 2 \epsilon + \epsilon^2) \|x\|^2`, its root by no more than the root of that;
rounding to float32 adds :math:`2^{-24} \|x\|`. So two rows are at least :math:`D' - \eta (\|x\| + \|y\|)` apart, D' the
distance of their coordinates, and since :math:`\|y\| \le \|x\| + D`, D is at least
:math:`(D' - 2 \eta \|x\|) / (1 + \eta)` whatever y. For :math:`\|x\|` stands `reach`, which covers that x is rounded
itself.

N. Halko, P.-G. Martinsson, J. A. Tropp. Finding structure with randomness. SIAM Review 53 (2011), for the directions.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float, Float32, Int

from nucleate.clusters._threads import in_threads
from nucleate.clusters.hierarchical.ward_linear_memory._candidate_search import Rows, locate, reach
from nucleate.clusters.hierarchical.ward_linear_memory._neighbor_lists import Means
from nucleate.neighbors import knn

_DIRECTIONS = 256
_WORTH = 4  # times as many columns at least, or products are not what takes time
_SAMPLES = 2_048
_BLOCK = 256
_MARGIN = 1.01  # covers terms of second order


class Contraction:
    """The coordinates of all slots, kept as `points`; the last is the length of what the directions leave out."""

    def __init__(self, means: Means, live: Int[np.ndarray, " l"]) -> None:
        n, d = means.samples.shape
        self.directions = _leading_directions(means, live, min(_DIRECTIONS, d // _WORTH))
        p = self.directions.shape[1]
        self.points: Float32[np.ndarray, "n p+1"] = np.empty((n, p + 1), np.float32)
        gram = self.directions.T @ self.directions
        rounded = d * 2.0**-53 / (1 - d * 2.0**-53)
        products = float(np.linalg.norm(gram - np.eye(p))) + (p + p**0.5) * rounded
        self.error = _MARGIN * (products + (rounded + 2 * products + products**2) ** 0.5 + 2.0**-24)

    @staticmethod
    def pays(columns: int) -> bool:
        """Whether rows are long enough for fewer coordinates to save anything."""
        return columns >= 64 * _WORTH

    def place(self, means: Means, slots: Int[np.ndarray, " m"]) -> None:
        """Find the coordinates of the means in some slots."""
        in_threads(partial(self._place, means, slots), [*range(0, len(slots), _BLOCK), len(slots)])

    def _place(self, means: Means, slots: Int[np.ndarray, " m"], start: int, stop: int) -> None:
        rows = np.empty((stop - start, len(means.centre)))
        locate(means, slots[start:stop], rows)
        inside = rows @ self.directions
        rest = np.einsum("ij,ij->i", rows, rows) - np.einsum("ij,ij->i", inside, inside)
        self.points[slots[start:stop], :-1] = inside
        self.points[slots[start:stop], -1] = np.sqrt(np.maximum(rest, 0))

    def rows(self, squared: Float[np.ndarray, " n"]) -> Rows:
        """The coordinates as rows to multiply, given the squared lengths of all means."""
        return Rows(self._load, self.points.shape[1], squared, self._reach(squared), self.error)

    def nearest(
        self, slots: Int[np.ndarray, " l"], squared: Float[np.ndarray, " l"], k: int
    ) -> tuple[Int[np.ndarray, "l k"], Float[np.ndarray, "l k"]]:
        """The k nearest by their coordinates, as places in `slots`, and how far each is at least in truth.

        Whatever is not among a row's k is at least as far away as the last.
        """
        found = knn(self.points[slots], k=k)
        lowest = (found.distances - 2 * self.error * self._reach(squared)[:, None]) / (1 + self.error)
        return found.indices, np.maximum(lowest, 0)

    def _reach(self, squared: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        return reach(squared, len(self.directions), self.error)

    def _load(self, slots: Int[np.ndarray, " m"], out: Float32[np.ndarray, "m p+1"]) -> None:
        np.take(self.points, slots, axis=0, out=out, mode="clip")  # to check them would take a copy


def _leading_directions(means: Means, live: Int[np.ndarray, " l"], count: int) -> Float[np.ndarray, "d p"]:
    """About the directions of largest variance, orthonormal: two steps of subspace iteration on some of the rows."""
    chosen = live[:: -(-len(live) // _SAMPLES)]
    rows = np.empty((len(chosen), len(means.centre)), np.float32)
    locate(means, chosen, rows)
    rows /= np.abs(rows).max() or 1  # rows far from the origin are tiny here, and their fourth powers would vanish
    directions = np.random.default_rng(0).standard_normal((rows.shape[1], count), np.float32)
    for _ in range(2):
        directions = _orthonormal(rows.T @ (rows @ directions))
    return _orthonormal(_orthonormal(directions).astype(np.float64))


def _orthonormal(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of what the columns span, up to directions that hardly occur."""
    values, vectors = np.linalg.eigh((columns.T @ columns).astype(np.float64))
    kept = values > 1e-8 * values.max(initial=0)
    return columns @ (vectors[:, kept] / np.sqrt(values[kept])).astype(columns.dtype)
