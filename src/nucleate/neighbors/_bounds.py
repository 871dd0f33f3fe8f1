r"""How far a distance from a matrix product can be from the true one.

Rows :math:`y_i` (float64) are moved by a common centre, :math:`r_i = \|y_i - c\|`, and rounded to the
precision of the search (unit roundoff u). The product gives

.. math:: a_{ij} = \|z_i\|^2 + \|z_j\|^2 - 2 \langle z_i, z_j \rangle

in floating point. Any order of summation of an inner product of length p is within
:math:`\gamma_p \|z_i\| \|z_j\|`, :math:`\gamma_p = p u / (1 - p u)` (Higham 2002, section 3.1); a product cut into
column chunks that are then added counts p = chunk + number of chunks. Rounding the norms, their sum and the
result adds less than :math:`6 u (r_i + r_j)^2`, rounding the rows moves each by at most :math:`u r_i`.
Since :math:`r_j \le r_i + D`, with D the true distance, nothing about j but D remains:

.. math:: a_{ij} \le F_i(D) = (D + u (2 r_i + D))^2 + \epsilon (2 r_i + D)^2 + \eta,
          \qquad \epsilon = \gamma_p + 6 u

with :math:`\eta` for underflow. F grows with D. So every pair with :math:`a_{ij} > F_i(D)` is truly farther
apart than D: a list of candidates that was cut at T holds all neighbours up to distance D if T > F_i(D).

Nicholas J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, SIAM 2002.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_MARGIN = 1.01  # covers the second-order terms left out above


@dataclass(frozen=True)
class ErrorBound:
    """Constants of F for one precision and one length of rows."""

    roundoff: float
    relative: float
    underflow: float
    exact: float

    @classmethod
    def of(cls, dtype: type[np.floating], *, columns: int, chunk: int) -> ErrorBound:
        """The bound for products of rows of `columns` numbers, summed in chunks of at most `chunk`."""
        u = float(np.finfo(dtype).eps) / 2
        u64 = float(np.finfo(np.float64).eps) / 2
        terms = min(chunk, columns) + -(-columns // chunk)
        gamma = terms * u / (1 - terms * u)
        # Squared norms are float64 sums of all columns, whatever the precision of the product.
        norms = columns * u64
        return cls(
            roundoff=_MARGIN * u,
            relative=_MARGIN * (gamma + 6 * u + norms),
            underflow=32 * columns * float(np.finfo(dtype).tiny),
            # Direct float64 distances: (columns + 2) roundoffs of a sum of squares and 2 of its root, twice.
            exact=_MARGIN * 2 * (columns + 8) * u64,
        )

    def product_limit(
        self, squared_distance: Float[np.ndarray, " n"], radius: Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, " n"]:
        """F_i of a squared distance (of one computed directly in float64) for rows at `radius` from the centre."""
        distance = np.sqrt(squared_distance * (1 + self.exact))
        reach = 2 * radius * (1 + 1e-6) + distance
        return (distance + self.roundoff * reach) ** 2 + self.relative * reach**2 + self.underflow
