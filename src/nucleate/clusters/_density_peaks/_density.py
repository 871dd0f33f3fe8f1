"""The density of samples around each sample."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from nucleate.errors import ArrayError
from nucleate.neighbors import Neighbors


def log_density(neighbors: Neighbors, dimension: float) -> Float[np.ndarray, " n"]:
    """Logarithm of the k-nearest-neighbour density at each sample.

    log rho_i = log k - log V_d - d log r_k(i) - log n, where r_k(i) is the distance from sample i to its k-th
    neighbour and V_d = pi^(d/2) / Gamma(d/2 + 1) is the volume of the unit ball.

    Parameters
    ----------
    neighbors : Neighbors
        The k nearest neighbours of n samples, Euclidean.
    dimension : float
        The intrinsic dimension d, positive. It stretches the logarithms; their order is that of r_k.

    Returns
    -------
    (n,) float64
        Natural logarithm of a density of probability, per unit of distance to the power d.

    Raises
    ------
    ArrayError
        When r_k is zero (a sample has k copies or more) or not finite: the rows are named. When `dimension` is
        not a positive number, or distances are not Euclidean.

    References
    ----------
    Doimo et al., Hierarchical nucleation in deep neural networks, NeurIPS 2020, section 2.2.

    Examples
    --------
    >>> from nucleate.neighbors import knn
    >>> log_density(knn([[0.0], [1.0], [3.0]], k=1), dimension=1).round(3).tolist()
    [-1.792, -1.792, -2.485]
    """
    if not (math.isfinite(dimension) and dimension > 0):
        raise ArrayError(f"dimension is {dimension}", "Pass the intrinsic dimension, a positive number")
    if neighbors.metric != "euclidean":
        raise ArrayError(
            f"the distances are {neighbors.metric}, densities need Euclidean ones",
            "Normalise the rows and search with metric='euclidean'",
        )
    radius = neighbors.distances[:, -1]
    copied = np.flatnonzero(radius == 0)
    if len(copied):
        raise ArrayError(
            f"{len(copied)} samples have at least k = {neighbors.k} exact copies, so no density: rows "
            + ", ".join(map(str, copied[:5]))
            + (", ..." if len(copied) > 5 else ""),
            "Search for more neighbours, leave copies out, or pass duplicates='collapse'",
        )
    if not np.isfinite(radius).all():
        bad = int(np.flatnonzero(~np.isfinite(radius))[0])
        raise ArrayError(f"the distance of row {bad} to neighbour {neighbors.k} is {radius[bad]}", "Leave this row out")
    log_ball = dimension / 2 * math.log(math.pi) - math.lgamma(dimension / 2 + 1)
    return math.log(neighbors.k) - log_ball - dimension * np.log(radius) - math.log(neighbors.n)
