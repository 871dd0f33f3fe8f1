"""The recipe of every training in the studies: by architecture, data and objective."""

from __future__ import annotations

from typing import Any

from nucleate.errors import UsageError
from nucleate.studies.declare._jobs import Trained
from nucleate.training import Recipe, recipe

PUBLISHED: dict[str, dict[str, Any]] = {
    # Nguyen & Kornblith 2023, Appendix A.
    "resnet": {"optimizer": "sgd", "lr": 0.1},
    "vgg": {"optimizer": "sgd", "lr": 0.01},
    "vit": {"optimizer": "adamw", "lr": 1e-3, "weight_decay": 0.1},
}
PUBLISHED_SQUARED_ERROR = {"lr": 1e-3}
"""The other objectives differ by their own hyper-parameters alone: `nucleate.training.OBJECTIVES` has the published."""

ADAM = {"optimizer": "adam", "lr": 1e-3, "schedule": "constant"}
SIMPLE: dict[str, dict[str, Any]] = {
    "mnist": {"epochs": 10, **ADAM},
    "modmnist": {"epochs": 20, **ADAM},
    "cifar10": {"epochs": 120, "optimizer": "sgd", "lr": 0.1, "schedule": "step", "milestones": (60,),
                "step_factor": 0.1, "checkpoint_every": 10},
}  # fmt: skip
"""Doimo et al. 2020, Appendix A.5; images are scaled to the side that the networks were designed for."""

SIMPLE_BASE: dict[str, Any] = {"batch_size": 128, "weight_decay": 0, "image_size": 224, "checkpoint_every": 1}

SMALL: dict[str, dict[str, dict[str, Any]]] = {
    "digits": {
        "resnet": {"epochs": 15, "lr": 0.05},
        # As long as the one with layer norm needs: the three differ by their norm alone.
        "vgg": {"epochs": 40, "lr": 0.05, "warm_up": 4, "checkpoint_every": 5},
        "vit": {"epochs": 60, "batch_size": 32, "optimizer": "adamw", "lr": 2e-3, "warm_up": 5, "weight_decay": 0.5,
                "crop": (0.75, 1), "checkpoint_every": 10},
    },
    "fashion-mnist": {
        # At half of their side: on two cores, each is trained in less than a minute.
        "resnet": {"epochs": 5, "batch_size": 128, "lr": 0.1, "image_size": 14, "checkpoint_every": 1},
        "vgg": {"epochs": 15, "lr": 0.05, "image_size": 14},
    },
    # Digits at random places need as many epochs, and the same optimizer, as those of Doimo et al. 2020.
    "modmnist-digits": {"resnet": {"epochs": 20, "warm_up": 0, **ADAM}},
}  # fmt: skip
"""Data -> family -> what differs from `SMALL_BASE`."""

SMALL_OBJECTIVES: dict[str, dict[str, Any]] = {
    "squared_error": {"lr": 5e-4},  # a hundredth of the others', as published; at theirs the loss is soon NaN
    "byol": {"epochs": 30, "optimizer": "adamw", "lr": 2e-3, "warm_up": 1, "crop": (0.5, 1), "checkpoint_every": 5,
             "parameters": {"momentum": 0.99, "hidden": 256, "width": 64}},
}  # fmt: skip
"""Objective -> what differs from the recipe that its network and data have with softmax."""

SMALL_BASE: dict[str, Any] = {"batch_size": 64, "warm_up": 1.5, "checkpoint_every": 3}


def recipe_of(work: Trained) -> Recipe:
    """How a network of the studies is trained.

    Raises
    ------
    UsageError
        For BYOL on a paper's data: its published recipe needs an optimizer (LARS) that is not here.
    """
    family = work.network.split("-")[0].rstrip("0123456789")
    if work.data in SMALL:
        return _small(work, SMALL[work.data][family])
    if work.data in SIMPLE:
        return recipe(objective=work.objective, **{**SIMPLE_BASE, **SIMPLE[work.data]}, **_seeds(work.seed))
    if work.objective == "byol":
        raise UsageError(f"{work}: BYOL is not trained at this scale", "Probe the authors' network, as Published")
    chosen = {
        "epochs": 400, "batch_size": 256, "linear_scaling": True, "warm_up": 5, "ema": 0.99, "batch_norm_decay": 0.99,
        "crop": (0.05, 1), "flip": True, "checkpoint_every": 5, **PUBLISHED[family],
    }  # fmt: skip
    if work.objective == "squared_error":
        chosen |= PUBLISHED_SQUARED_ERROR
    return recipe(objective=work.objective, **chosen, **_seeds(work.seed))


def _small(work: Trained, own: dict[str, Any]) -> Recipe:
    chosen = {**SMALL_BASE, **own, **SMALL_OBJECTIVES.get(work.objective, {})}
    return recipe(objective=work.objective, **chosen, **_seeds(work.seed))


def _seeds(seed: int) -> dict[str, int]:
    return dict.fromkeys(("seed_init", "seed_order", "seed_augmentation"), seed)
