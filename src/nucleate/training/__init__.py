"""Training networks on labels of one's choice, or without labels."""

from nucleate.models.final_layer import CosineLinear
from nucleate.training.arrays import TrainingResult, accuracy, train
from nucleate.training.fit import fit
from nucleate.training.loop import Epoch
from nucleate.training.objectives import OBJECTIVES, Objective, objective
from nucleate.training.recipe import Recipe, read_recipe, recipe
from nucleate.training.run import TrainingRun
from nucleate.training.targets import relabelled

__all__ = [
    "OBJECTIVES",
    "CosineLinear",
    "Epoch",
    "Objective",
    "Recipe",
    "TrainingResult",
    "TrainingRun",
    "accuracy",
    "fit",
    "objective",
    "read_recipe",
    "recipe",
    "relabelled",
    "train",
]
