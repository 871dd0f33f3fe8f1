"""The frame rows are searched in: weighted and seen from their mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from nucleate.arrays import power_of_two
from nucleate.errors import ArrayError
from nucleate.neighbors import _kernels
from nucleate.neighbors._bounds import ErrorBound
from nucleate.neighbors._neighbors import Metric
from nucleate.neighbors._source import Source, Span


@dataclass(frozen=True)
class Rows:
    """Rows, one weight each and a centre: the search works on `weight * row - centre`.

    For the Euclidean metric every weight is one power of two that brings the largest entry near 1, so that
    float32 neither overflows nor underflows; for cosine it is 1 / length. Neither the weighting nor the
    centre changes which rows are nearest; the centre makes the float32 products precise.
    """

    source: Source
    metric: Metric
    weights: Float[np.ndarray, " n"] = field(repr=False)
    centre: Float[np.ndarray, " d"] = field(repr=False)
    norms: Float[np.ndarray, " n"] = field(repr=False)

    @classmethod
    def of(cls, source: Source, metric: Metric) -> Rows:
        """Read all rows twice or three times to find their weights, centre and squared norms."""
        weights = _inverse_lengths(source) if metric == "cosine" else np.full(source.n, _scale(source))
        centre = np.zeros(source.d)
        for start, stop in source.blocks:
            _kernels.add_rows(source.read(start, stop), weights[start:stop], centre)
        centre /= source.n
        norms = np.empty(source.n)
        for start, stop in source.blocks:
            _kernels.squared_norms(source.read(start, stop), weights[start:stop], centre, norms[start:stop])
        return cls(source, metric, weights, centre, norms)

    def load(self, span: Span, out: np.ndarray) -> None:
        """Write weighted, centred rows in the precision of `out`."""
        _kernels.centred(self.source.read(*span), self.weights[slice(*span)], self.centre, out)

    @property
    def root(self) -> bool:
        """Whether distances are roots of sums of squares, or (cosine) half the sums."""
        return self.metric == "euclidean"

    def product_limit(
        self, bound: ErrorBound, rows: Any, distances: Float[np.ndarray, " b"]
    ) -> Float[np.ndarray, " b"]:
        """The largest product distance that pairs of these rows within these distances can have."""
        squared = distances**2 if self.root else 2 * distances
        return bound.product_limit(squared, np.sqrt(self.norms[rows]))

    def unscale(self, distances: Float[np.ndarray, "n k"]) -> None:
        """Turn distances of weighted rows into those of the rows as given, in place."""
        if self.root:
            distances /= self.weights[0]


def _scale(source: Source) -> float:
    """The power of two that brings the largest entry between 1/2 and 1, or as near as a float64 reaches."""
    largest = 0.0
    for start, stop in source.blocks:
        block = source.read(start, stop)
        largest = max(largest, float(block.max()), -float(block.min()))
    return power_of_two(largest)


def _inverse_lengths(source: Source) -> Float[np.ndarray, " n"]:
    squares, nowhere = np.empty(source.n), np.zeros(source.d)
    for start, stop in source.blocks:
        _kernels.squared_norms(source.read(start, stop), np.ones(stop - start), nowhere, squares[start:stop])
    bad = np.flatnonzero(~((squares > 1e-290) & (squares < 1e290)))
    if len(bad):
        raise ArrayError(
            f"row {bad[0]} of X has length {np.sqrt(squares[bad[0]]):.3g}, which has no usable direction for cosine",
            "Leave it out, rescale, or use the euclidean metric",
        )
    return 1.0 / np.sqrt(squares)
