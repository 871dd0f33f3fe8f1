"""Rows made ready for a linear classifier, which stay what they are: centred, scaled and, if wide, rotated.

A constant taken from every column moves the intercepts alone, and weights outside the span of the rows would only add
to the penalty: few rows of many columns are as well classified in as many principal coordinates as there are rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from nucleate.errors import ArrayError

CACHED, BUFFERED = 2**17, 2**24  # entries of a block that stays in the cache, and of one that feeds a matrix product


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows for the optimiser, and the way back to the columns they came from.

    Attributes
    ----------
    rows : Tensor, shape (n, r)
        Inner products are those of the centred rows, divided by `spread`; r is the smaller of n and d at most.
    uncorrelated : bool
        Whether the rows were rotated to their principal axes.
    mean : shape (d,)
    spread : float
        Mean squared distance of the rows from their mean; 1 where all are equal.
    """

    rows: Float[Tensor, "n r"]
    uncorrelated: bool
    mean: Float[np.ndarray, " d"]
    spread: float
    widen: Callable[[Float[Tensor, "classes r"]], Float[Tensor, "classes d"]]

    def undo(
        self, parameters: Float[Tensor, "classes r+1"]
    ) -> tuple[Float[np.ndarray, "classes d"], Float[np.ndarray, " classes"]]:
        """Weights and intercepts, float64, for the columns as they were before."""
        weights = self.widen(parameters[:, :-1]).cpu().numpy() / np.sqrt(self.spread)
        return weights, parameters[:, -1].cpu().numpy() - weights @ self.mean


def prepare(X: Float[np.ndarray, "n d"], order: Int[np.ndarray, " n"], device: torch.device) -> Prepared:
    """Rows ``X[order]``, centred and scaled to a mean squared norm of 1; rotated where columns outnumber rows.

    Time n d, memory n d; with a rotation time n^2 d + n^3, memory n^2. Rotations are computed in float64, rows kept in
    the dtype of X.
    """
    mean = X.mean(axis=0, dtype=np.float64).astype(X.dtype)
    if X.shape[1] > len(X):
        return _rotated(X, order, mean, device)
    rows, total = np.empty_like(X), 0.0
    size = max(1, CACHED // X.shape[1])
    for start in range(0, len(X), size):
        block = rows[start : start + size]
        np.subtract(X[order[start : start + size]], mean, out=block)
        total += float(np.vdot(block, block))
    spread = _checked(total / len(X))
    rows /= np.sqrt(spread)
    return Prepared(torch.from_numpy(rows).to(device), False, mean, spread, lambda weights: weights)


def _rotated(
    X: Float[np.ndarray, "n d"], order: Int[np.ndarray, " n"], mean: Float[np.ndarray, " d"], device: torch.device
) -> Prepared:
    """Principal coordinates from the inner products of the rows, which is where a classifier's weights lie."""

    def centred_columns() -> Iterator[Float[Tensor, "n block"]]:
        size = max(1, BUFFERED // len(X))
        for start in range(0, X.shape[1], size):
            block = X[:, start : start + size].astype(np.float64) - mean[start : start + size]
            yield torch.from_numpy(block).to(device)

    products = torch.zeros((len(X), len(X)), dtype=torch.float64, device=device)
    for block in centred_columns():
        products += block @ block.T
    spread = _checked(float(products.trace()) / len(X))
    squared_norms, axes = torch.linalg.eigh(products)
    # Axes whose norm drowns in the rounding of the largest hold nothing, but one is kept, to have a column at all.
    kept = squared_norms > len(X) * torch.finfo(torch.float64).eps * squared_norms[-1]
    kept[-1] = True
    norms, axes = squared_norms[kept].clamp(min=torch.finfo(torch.float64).tiny).sqrt(), axes[:, kept]
    rows = (axes * (norms / np.sqrt(spread)))[torch.from_numpy(order).to(device)]

    def widen(weights: Float[Tensor, "classes r"]) -> Float[Tensor, "classes d"]:
        per_row = (weights / norms) @ axes.T
        return torch.cat([per_row @ block for block in centred_columns()], dim=1)

    return Prepared(rows.to(torch.from_numpy(np.empty(0, X.dtype)).dtype), True, mean, spread, widen)


def _checked(spread: float) -> float:
    if not np.isfinite(spread):
        raise ArrayError("The squares of X_train overflow", "Divide it by its largest value")
    return spread or 1.0
