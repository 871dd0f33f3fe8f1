"""A recipe: everything a training is asked for beside the network and the samples, checked before anything runs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nucleate.errors import UsageError
from nucleate.suggestions import did_you_mean
from nucleate.training.objectives import BYOL_BOUNDS, BYOL_PARAMETERS, Bounds, objective

Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Recipe(BaseModel):
    """How a network is trained. Seeds are part of it: one recipe, one network, one set of samples, one result.

    Attributes
    ----------
    objective : str
        A name in `OBJECTIVES`, or `byol` (self-supervised: two views, no labels).
    parameters : dict of str to float
        Hyper-parameters of the objective that differ from the published ones.
    epochs, batch_size : int
        Passes over the training split, and images per step; the last batches of an epoch are evened out.
    optimizer : {"sgd", "adam", "adamw"}
        SGD takes `momentum`.
    lr : float
        Peak learning rate.
    linear_scaling : bool
        Multiply `lr` by batch_size / 256.
    warm_up : float
        Epochs over which the learning rate climbs to its peak.
    schedule : {"cosine", "step", "constant"}
        What it does then: falls to zero along a cosine, is multiplied by `step_factor` after each epoch of
        `milestones`, or stays.
    weight_decay : float
        On tensors of more than one dimension; decoupled from the gradient with adamw alone.
    ema : float, optional
        Decay per step of the moving average of the parameters (debiased) that is evaluated and saved instead of them.
        Running statistics of batch norm are not averaged.
    batch_norm_decay : float, optional
        Share of its running statistics that batch norm keeps at each step; default that of the network.
    crop : (float, float), optional
        Range of the share of an image's area that random resized crops take.
    flip : bool
        Flip half of the images, left and right.
    image_size : int, optional
        Side of the input in pixels; default that of the network, else that of the images.
    dtype : {"float32", "bfloat16", "float16"}
        The latter two are mixed precision, on CUDA only.
    checkpoint_every : int
        Epochs between checkpoints; the initial and the last weights are always saved.
    seed_init, seed_order, seed_augmentation : int
        Of the initial weights, of the order of images, and of crops, flips and dropout.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    objective: str = "softmax"
    parameters: dict[str, float] = {}
    epochs: int = Field(default=15, ge=1)
    batch_size: int = Field(default=64, ge=1)
    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    momentum: Share = 0.9
    lr: float = Field(default=0.05, gt=0, allow_inf_nan=False)
    linear_scaling: bool = False
    warm_up: float = Field(default=0, ge=0, allow_inf_nan=False)
    schedule: Literal["cosine", "step", "constant"] = "cosine"
    milestones: tuple[Annotated[int, Field(ge=1)], ...] = ()
    step_factor: float = Field(default=0.1, gt=0, le=1)
    weight_decay: float = Field(default=1e-4, ge=0, allow_inf_nan=False)
    ema: Share | None = None
    batch_norm_decay: Share | None = None
    crop: tuple[float, float] | None = None
    flip: bool = False
    image_size: int | None = Field(default=None, ge=1)
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    checkpoint_every: int = Field(default=5, ge=1)
    seed_init: Seed = 0
    seed_order: Seed = 0
    seed_augmentation: Seed = 0

    @model_validator(mode="after")
    def _fields_fit_each_other(self) -> Self:
        if self.crop is not None and not 0 < self.crop[0] <= self.crop[1] <= 1:
            raise ValueError(f"crop {self.crop} is not a range of shares of an area, such as (0.05, 1)")
        if self.warm_up > self.epochs:
            raise ValueError(f"warm_up takes {self.warm_up} of {self.epochs} epochs")
        if bool(self.milestones) != (self.schedule == "step"):
            raise ValueError("the schedule 'step' needs milestones, and no other has them")
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError(f"milestones {self.milestones} do not ascend")
        known, bounds = known_parameters(self.objective), parameter_bounds(self.objective)
        for name, value in self.parameters.items():
            if name not in known:
                raise ValueError(f"{self.objective} has no parameter {name!r}: {did_you_mean(name, known)}")
            if value not in bounds[name]:
                raise ValueError(f"{self.objective} has {name}={value:g}, which is not {bounds[name]}")
        if self.objective == "byol" and self.crop is None:
            raise ValueError("byol compares two views of an image, which differ by their crop: set crop, as (0.2, 1)")
        return self

    @property
    def is_self_supervised(self) -> bool:
        """Whether it does without labels."""
        return self.objective == "byol"

    @property
    def resolved_parameters(self) -> dict[str, float]:
        """Every hyper-parameter of the objective."""
        return {**known_parameters(self.objective), **self.parameters}

    @property
    def peak_lr(self) -> float:
        """The learning rate after warming up."""
        return self.lr * self.batch_size / 256 if self.linear_scaling else self.lr

    def checkpoint_epochs(self) -> list[int]:
        """After which epochs the network is saved; 0 is before the first.

        Examples
        --------
        >>> Recipe(epochs=12, checkpoint_every=5).checkpoint_epochs()
        [0, 5, 10, 12]
        """
        return [*range(0, self.epochs, self.checkpoint_every), self.epochs]


def known_parameters(name: str) -> dict[str, float]:
    """Hyper-parameters of an objective and their published values.

    Raises
    ------
    UsageError
        When there is no such objective.
    """
    return dict(BYOL_PARAMETERS) if name == "byol" else objective(name, "byol").hyper_parameters


def parameter_bounds(name: str) -> Mapping[str, Bounds]:
    """Ranges of the hyper-parameters of an objective."""
    return BYOL_BOUNDS if name == "byol" else objective(name, "byol").bounds


def recipe(**options: Any) -> Recipe:
    """Check options and make a recipe of them.

    Raises
    ------
    UsageError
        For the first option that is unknown, out of range, or does not fit the others.

    Examples
    --------
    >>> recipe(optimizer="adamw", lr=1e-3, epochs=20).schedule
    'cosine'
    """
    try:
        return Recipe(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise UsageError(
                f"A recipe has no option {name!r}", did_you_mean(name, Recipe.model_fields, shown=99)
            ) from None
        reason = first["msg"].removeprefix("Value error, ")
        told = f"{name}={first['input']!r}: " if name else ""
        raise UsageError(f"Recipe: {told}{reason[0].lower()}{reason[1:]}") from None


def read_recipe(path: str | Path, **options: Any) -> Recipe:
    """Read a recipe from a TOML file; `options` win over it.

    Raises
    ------
    UsageError
        When the file cannot be read, or an option is unknown, out of range, or does not fit the others.
    """
    path = Path(path)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"The recipe {path} does not exist", "Give a TOML file, see examples/recipes") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"The recipe {path} cannot be read: {' '.join(str(error).split())}", "Mend it") from None
    try:
        return recipe(**{**found, **options})
    except UsageError as error:
        raise UsageError(f"{path}: {error.what}", error.mend) from None
