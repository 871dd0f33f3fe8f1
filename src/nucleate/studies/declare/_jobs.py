"""The pieces of work that experiments are made of: networks to train or to load, and probes of them.

They are declarations, equal where they ask for the same, so that experiments share what they have in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Literal

from nucleate.errors import UsageError

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

    Raises
    ------
    UsageError
        When it is told labels that its objective does not look at, or none where the objective needs some.
    """

    network: str
    data: str
    arrangement: Arrangement = "natural"
    learns: Literal["superclass", "subclass", "nothing"] = "superclass"
    objective: str = "softmax"
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.objective == "byol") != (self.learns == "nothing"):
            raise UsageError(
                f"A network that learns {self.learns} is trained with {self.objective}",
                'Learn "nothing" with the objective byol, labels with any other',
            )

    def __str__(self) -> str:
        told = {"superclass": "", "subclass": "-subclasses", "nothing": "-unlabelled"}[self.learns]
        return f"{self.network}-{self.data}-{self.arrangement}{told}-{self.objective}-seed{self.seed}"


@dataclass(frozen=True)
class Published:
    """A network that others have trained.

    Attributes
    ----------
    spec : str
        What `nucleate.models.load` calls it.
    checkpoint : str
        The file with its weights, as its place in the folder of data; empty where `spec` has weights of its own.
    """

    spec: str
    checkpoint: str = ""

    def __str__(self) -> str:
        name = self.spec.replace(":", "-").replace("/", "-")
        return f"{name}-{PurePosixPath(self.checkpoint).stem}" if self.checkpoint else name


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
    side : int, optional
        Pixels a side of the pictures that the network sees; default what it was trained on.
    """

    network: Trained | Published
    data: str
    arrangement: Arrangement = "natural"
    options: tuple[tuple[str, Any], ...] = ()
    epoch: int | None = None
    whole: bool = False
    side: int | None = None

    def __str__(self) -> str:
        at = "" if self.epoch is None else f"-epoch{self.epoch}"
        own = isinstance(self.network, Trained) and (self.network.data, self.network.arrangement) == (
            self.data, self.arrangement,
        )  # fmt: skip
        sized = "" if self.side is None else f"-at{self.side}"
        return f"{self.network}{at}" + ("" if own else f"-on-{self.data}") + ("-whole" if self.whole else "") + sized


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
