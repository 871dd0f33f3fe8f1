"""The pieces of work that experiments are made of: networks to train or to load, and probes of them.

They are declarations, equal where they ask for the same, so that experiments share what they have in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Arrangement = Literal["natural", "shuffled"]
"""Subclasses in their own superclasses, or dealt to superclasses at random."""


@dataclass(frozen=True)
class Trained:
    """A network trained under the recipe that its architecture, data and objective have in `recipes`.

    Attributes
    ----------
    network : str
        A name in `nucleate.models.NETWORKS`.
    data : str
        A name in `DATA_SETS`.
    arrangement : {"natural", "shuffled"}
    learns : {"superclass", "subclass", "nothing"}
        The labels it is told; with `nothing` it trains without labels (BYOL).
    objective : str
    seed : int
        Of everything that is random.
    """

    network: str
    data: str
    arrangement: Arrangement = "natural"
    learns: Literal["superclass", "subclass", "nothing"] = "superclass"
    objective: str = "softmax"
    seed: int = 0

    def __str__(self) -> str:
        told = {"superclass": "", "subclass": "-subclasses", "nothing": "-unlabelled"}[self.learns]
        return f"{self.network}-{self.data}-{self.arrangement}{told}-{self.objective}-seed{self.seed}"


@dataclass(frozen=True)
class Published:
    """A network that others have trained, by what `nucleate.models.load` calls it."""

    spec: str

    def __str__(self) -> str:
        return self.spec.replace(":", "-").replace("/", "-")


@dataclass(frozen=True)
class Probed:
    """A probe of a network.

    Attributes
    ----------
    network : Trained or Published
    data : str
        A name in `DATA_SETS`.
    arrangement : {"natural", "shuffled"}
    options : tuple of (name, value)
        Attributes of `nucleate.pipeline.Settings`.
    epoch : int, optional
        Of a trained network, the checkpoint; default the last.
    whole : bool
        Whether all samples are clustered as a whole by their leaves, as external data are.
    """

    network: Trained | Published
    data: str
    arrangement: Arrangement = "natural"
    options: tuple[tuple[str, Any], ...] = ()
    epoch: int | None = None
    whole: bool = False

    def __str__(self) -> str:
        at = "" if self.epoch is None else f"-epoch{self.epoch}"
        own = isinstance(self.network, Trained) and (self.network.data, self.network.arrangement) == (
            self.data, self.arrangement,
        )  # fmt: skip
        return f"{self.network}{at}" + ("" if own else f"-on-{self.data}") + ("-whole" if self.whole else "")


Work = Trained | Probed


def options(**chosen: Any) -> tuple[tuple[str, Any], ...]:
    """Settings of a probe as a part of a declaration.

    Examples
    --------
    >>> options(k=30, factors=(1, 2))
    (('factors', (1, 2)), ('k', 30))
    """
    return tuple(sorted(chosen.items()))


def seeds(network: Trained, count: int) -> tuple[Trained, ...]:
    """The same network from `count` seeds, the first being 0."""
    return tuple(replace(network, seed=seed) for seed in range(count))
