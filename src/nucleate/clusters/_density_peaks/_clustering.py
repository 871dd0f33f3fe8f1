"""Density peak clustering of a neighbour graph."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from nucleate.clusters._density_peaks._basins import basins
from nucleate.clusters._density_peaks._density import log_density
from nucleate.clusters._density_peaks._duplicates import collapse
from nucleate.clusters._density_peaks._merging import merges
from nucleate.clusters._density_peaks._peaks import Landscape, Peaks, peaks_at
from nucleate.clusters._density_peaks._saddles import Border, saddles
from nucleate.errors import ArrayError
from nucleate.measures import two_nn
from nucleate.neighbors import Neighbors

DensityError = Literal["knn", "paper", "pak"]


def density_peaks(
    neighbors: Neighbors,
    *,
    dimension: float | None = None,
    z: float = 1.65,
    error: DensityError = "knn",
    border: Border = "nearest",
    duplicates: Literal["error", "collapse"] = "error",
) -> Peaks:
    """Find the peaks of the density of samples, as many as rise significantly above their saddles.

    A sample is a peak if no neighbour is denser and it is a neighbour of no denser sample; every other sample joins its
    nearest denser neighbour. Two peaks that touch are merged while the lower one rises by less than 2 z eps above the
    saddle between them, densest saddle first.

    Parameters
    ----------
    neighbors : Neighbors
        The k nearest neighbours of n samples, Euclidean; the paper takes k = 30.
    dimension : float, optional
        Intrinsic dimension, positive: it stretches log densities (see `log_density`), and so decides with `z` what is
        significant. By default the estimate of `nucleate.measures.two_nn`.
    z : float
        Confidence, in errors of a log density.
    error : {"knn", "paper", "pak"}
        eps, the error of a log density: 1 / sqrt(k), as in the published code; sqrt((4 k + 2) / (k (k + 1))), as
        printed; sqrt((4 k + 2) / (k (k - 1))). With k = 30 and z = 1.65 the threshold is 0.602, 1.195 or 1.236.
    border : {"nearest", "any"}
        A sample p is on the border of its peak if a neighbour q belongs to another and p is the closest of
        its peak to q: of those q any, as printed, or only the nearest, and p not a peak itself, as in the published
        code.
    duplicates : {"error", "collapse"}
        What to do when a sample has k copies or more and thus no density: fail, or let copies count once (all
        densities then rest on the fewest distinct neighbours that any sample has).

    Returns
    -------
    Peaks
        Labels of all samples, peaks, saddles and merges; `Peaks.at(z)` answers for any other `z`.

    Raises
    ------
    ArrayError
        See `log_density`, and `two_nn` when no dimension is given; when `z` is negative, or `error` is "pak" and k = 1;
        when `duplicates` is "collapse" and a sample has nothing but copies for neighbours.

    Notes
    -----
    O(n k + n log n) time, O(n k^2) at most with `border="any"`; linear memory. Equal densities go in order of index, so
    without ties the result does not depend on the order of rows.

    References
    ----------
    Doimo et al., Hierarchical nucleation in deep neural networks, NeurIPS 2020.
    d'Errico et al., Automatic topography of high-dimensional data sets by non-parametric density peak clustering,
    Information Sciences 560 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from nucleate.neighbors import knn
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(size=(200, 2)), rng.normal(size=(100, 2)) + 8])
    >>> peaks = density_peaks(knn(X, k=20), dimension=2)
    >>> peaks
    Peaks(2 of n=300, k=20, dimension=2, threshold=0.7379 at z=1.65)
    >>> peaks.populations
    array([200, 100])
    """
    if border not in ("nearest", "any"):
        raise ArrayError(f"Unknown border {border!r}", "Choose 'nearest' or 'any'")
    if duplicates not in ("error", "collapse"):
        raise ArrayError(f"Unknown treatment of duplicates {duplicates!r}", "Choose 'error' or 'collapse'")
    copy_of = first_row = np.arange(neighbors.n)
    if duplicates == "collapse" and (neighbors.distances[:, 0] == 0).any():
        neighbors, copy_of = collapse(neighbors)
        first_row = np.unique(copy_of, return_index=True)[1]
    dimension = two_nn(neighbors).value if dimension is None else dimension
    density = log_density(neighbors, dimension)
    found = basins(neighbors)
    passes = saddles(neighbors, found, density, border)
    joined = merges(passes, found.centers, density)
    landscape = Landscape(
        labels=found.labels[copy_of],
        centers=first_row[found.centers],
        saddles=replace(passes, samples=first_row[passes.samples]),
        merges=replace(joined, absorbed=first_row[joined.absorbed], saddles=first_row[joined.saddles]),
        log_density=density[copy_of],
        k=neighbors.k,
        dimension=dimension,
        error=_error_of_log_density(error, neighbors.k),
    )
    return peaks_at(landscape, z)


def _error_of_log_density(error: DensityError, k: int) -> float:
    if error == "knn":
        return 1 / math.sqrt(k)
    if error == "paper":
        return math.sqrt((4 * k + 2) / (k * (k + 1)))
    if error == "pak":
        if k == 1:
            raise ArrayError("error='pak' is infinite for k = 1", "Search for more neighbours")
        return math.sqrt((4 * k + 2) / (k * (k - 1)))
    raise ArrayError(f"Unknown error {error!r}", "Choose 'knn', 'paper' or 'pak'")
