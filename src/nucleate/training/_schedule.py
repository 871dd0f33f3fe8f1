"""The learning rate at every step."""

from __future__ import annotations

import math

from nucleate.training._recipe import Recipe


def learning_rate(recipe: Recipe, step: int, *, steps_per_epoch: int) -> float:
    """The learning rate of a step, counted from 0 over all epochs.

    It climbs linearly over the steps of `warm_up`, then follows the schedule.

    Examples
    --------
    >>> recipe = Recipe(lr=1.0, epochs=4, schedule="step", milestones=(2, 3))
    >>> [round(learning_rate(recipe, step, steps_per_epoch=1), 3) for step in range(4)]
    [1.0, 1.0, 0.1, 0.01]
    """
    climb = round(recipe.warm_up * steps_per_epoch)
    if step < climb:
        return recipe.peak_lr * (step + 1) / climb
    if recipe.schedule == "cosine":
        share = (step - climb) / max(1, recipe.epochs * steps_per_epoch - climb)
        return recipe.peak_lr * (1 + math.cos(math.pi * share)) / 2
    passed = sum(step >= milestone * steps_per_epoch for milestone in recipe.milestones)
    return recipe.peak_lr * recipe.step_factor**passed
