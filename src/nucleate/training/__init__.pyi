from ._fit import fit
from ._in_memory import TrainingResult, accuracy, train
from ._loop import Epoch
from ._recipe import Recipe, read_recipe, recipe
from ._run import TrainingRun
from .objectives import OBJECTIVES, Objective, objective, relabelled

__all__ = [
    "OBJECTIVES",
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
