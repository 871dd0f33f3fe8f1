"""The result of density peak clustering."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from nucleate.clusters._density_peaks._dendrogram import Dendrogram, dendrogram
from nucleate.clusters._density_peaks._merging import Merges
from nucleate.clusters._density_peaks._peak_embedding import layout
from nucleate.clusters._density_peaks._saddles import Saddles
from nucleate.errors import ArrayError
from nucleate.measures import Contingency, contingency


@dataclass(frozen=True, eq=False)
class Landscape:
    """What every choice of the threshold starts from: basins of single peaks, their saddles, their merges."""

    labels: Int[np.ndarray, " n"]
    centers: Int[np.ndarray, " basins"]
    saddles: Saddles
    merges: Merges
    log_density: Float[np.ndarray, " n"]
    k: int
    dimension: float
    error: float


@dataclass(frozen=True, eq=False, repr=False)
class Peaks:
    """Density peaks, numbered from the densest (0) down, and the samples that belong to each.

    Attributes
    ----------
    labels : (n,) int32
        Peak of each sample; no sample is without.
    centers : (peaks,) int64
        The sample at each peak.
    populations : (peaks,) int64
        Samples of each peak.
    log_density : (n,) float64
        Log density at each sample.
    saddles : Saddles
        Pairs of peaks that touch, and the log density between them.
    merges : Merges
        The threshold at which each peak is absorbed, whatever the threshold here.
    threshold : float
        Least rise of a peak above its saddles, in log density: twice `z` times the error of a log density.
    z : float
        Confidence.
    """

    labels: Int[np.ndarray, " n"]
    centers: Int[np.ndarray, " peaks"]
    populations: Int[np.ndarray, " peaks"]
    saddles: Saddles
    threshold: float
    z: float
    landscape: Landscape = field(repr=False)

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.labels)

    @property
    def k(self) -> int:
        """Neighbours behind each density."""
        return self.landscape.k

    @property
    def dimension(self) -> float:
        """Intrinsic dimension behind each density."""
        return self.landscape.dimension

    @property
    def log_density(self) -> Float[np.ndarray, " n"]:
        return self.landscape.log_density

    @property
    def merges(self) -> Merges:
        return self.landscape.merges

    @property
    def halo(self) -> Bool[np.ndarray, " n"]:
        """Samples less dense than their peak's densest saddle: they may belong to either side."""
        shore = np.full(len(self.centers), -np.inf)
        for side in self.saddles.pairs.T:
            np.maximum.at(shore, side, self.saddles.log_density)
        return self.log_density < shore[self.labels]

    def at(self, z: float) -> Peaks:
        """The peaks at another confidence, from the merges already known.

        Raises
        ------
        ArrayError
            When `z` is negative or NaN.
        """
        return peaks_at(self.landscape, z)

    def dendrogram(self, method: Literal["weighted", "single"] = "weighted") -> Dendrogram:
        """The hierarchy of peaks by the log density of the saddles between them: see `Dendrogram`."""
        return dendrogram(self.saddles, self.log_density[self.centers], float(self.log_density.min()) - 1, method)

    def composition(self, labels: Any) -> Contingency:
        """How many samples of each class every peak holds: `Contingency` with peaks as clusters.

        Raises
        ------
        ArrayError
            When `labels` does not hold one label per sample.
        """
        return contingency(labels, self.labels)

    def layout(self) -> Float[np.ndarray, "peaks 2"]:
        """A place in the plane for each peak, such that peaks with a dense saddle between them lie close.

        Distances follow max(log rho) - log rho(saddle), by landmark scaling: the same peaks always give the same map.
        """
        return layout(self.saddles, self.log_density[self.centers], float(self.log_density.min()) - 1)

    def __repr__(self) -> str:
        return (
            f"Peaks({len(self.centers)} of n={self.n}, k={self.k}, dimension={self.dimension:.4g}, "
            f"threshold={self.threshold:.4g} at z={self.z:g})"
        )


def peaks_at(landscape: Landscape, z: float) -> Peaks:
    """Merge the peaks of a landscape that do not rise by 2 z errors above their saddles."""
    if not z >= 0:
        raise ArrayError(f"z is {z}", "Pass zero or a positive number of standard errors")
    threshold = 2 * z * landscape.error
    groups = landscape.merges.groups(len(landscape.centers), threshold)
    labels = groups[landscape.labels]
    _, densest = np.unique(groups, return_index=True)
    return Peaks(
        labels=labels,
        centers=landscape.centers[densest],
        populations=np.bincount(labels),
        saddles=landscape.saddles.between(groups),
        threshold=threshold,
        z=z,
        landscape=landscape,
    )
