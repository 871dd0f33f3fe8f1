"""A measure along depth, several times over: what the claims are tested on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nucleate.errors import ArrayError


@dataclass(frozen=True)
class LayerProfile:
    """The values of one measure at each layer, for each repetition of an experiment.

    Parameters
    ----------
    name : str
        What was measured on what, as in a legend.
    layers : tuple of str
        In execution order.
    depths : float64 array of shape (layers,)
        Place of each layer in its network, from 0 to 1, ascending.
    values : float64 array of shape (repetitions, layers)
        Rows are repetitions that could have come out otherwise: seeds, pairs of seeds, classes, data sets.
    repetitions : str
        What the rows are, in plural.

    Raises
    ------
    ArrayError
        When shapes do not fit, depths do not ascend, or a value is not finite.

    Examples
    --------
    >>> LayerProfile("ResNet", ("a", "b"), np.array([0.0, 1.0]), np.array([[0.1, 0.3]])).mean
    array([0.1, 0.3])
    """

    name: str
    layers: tuple[str, ...]
    depths: Float[np.ndarray, " layers"]
    values: Float[np.ndarray, "repetitions layers"]
    repetitions: str = "seeds"

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.layers) or len(self.depths) != len(self.layers):
            raise ArrayError(
                f"{self.name}: {len(self.layers)} layers, {len(self.depths)} depths and values of shape "
                f"{self.values.shape} do not fit", "Give a row of values per repetition, a column per layer",
            )  # fmt: skip
        if not np.isfinite(self.values).all():
            row, column = np.argwhere(~np.isfinite(self.values))[0]
            raise ArrayError(
                f"{self.name}: the value of {self.layers[column]} in repetition {row} is not finite",
                "Leave the layer out, and say why",
            )
        if (np.diff(self.depths) < 0).any():
            raise ArrayError(f"{self.name}: the depths do not ascend", "Give layers in execution order")

    def __repr__(self) -> str:
        return f"LayerProfile({self.name!r}, {len(self.values)} {self.repetitions} x {len(self.layers)} layers)"

    @property
    def mean(self) -> Float[np.ndarray, " layers"]:
        """Mean over repetitions."""
        return np.asarray(self.values.mean(axis=0))
