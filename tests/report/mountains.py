"""Density peaks made by hand, as a report draws them."""

import numpy as np
import polars as pl

from nucleate.clusters import density_peaks
from nucleate.neighbors import knn
from nucleate.reports.content._peak_layer import PeakLayer, coloured, peak_rows


def mountains(
    centers: int = 6, *, per_center: int = 60, labelled: bool = True, names=None, z: float = 1.65
) -> PeakLayer:
    """Gaussian blobs on a ring; the leaf class is the blob, the class above it the blob's number modulo 2."""
    generator = np.random.default_rng(1)
    angles = np.linspace(0, 2 * np.pi, centers, endpoint=False)
    places = max(12, 3 * centers) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    blobs = np.repeat(np.arange(centers), per_center)
    peaks = density_peaks(knn(places[blobs] + generator.normal(size=(len(blobs), 2)), k=15), dimension=2, z=z)
    names = names or [f"leaf {blob}" for blob in range(centers)]
    samples = pl.DataFrame({"id": [f"sample {row}" for row in range(len(blobs))]})
    levels = ()
    if labelled:
        above = [f"above {blob % 2}" for blob in blobs]
        samples = samples.with_columns(above=pl.Series(above), leaf=pl.Series([names[blob] for blob in blobs]))
        levels = ("above", "leaf")
    colouring = coloured(samples, levels)
    rows = peak_rows(samples, peaks, leaf="leaf" if labelled else None, colouring=colouring)
    return PeakLayer("layer", "made by hand", peaks, peaks, tuple(rows), colouring)
