"""Training networks on labels of one's choice."""

from nucleate.training.loop import Progress, TrainingResult, accuracy, train
from nucleate.training.objectives import OBJECTIVES, CosineLinear, Objective, objective

__all__ = ["OBJECTIVES", "CosineLinear", "Objective", "Progress", "TrainingResult", "accuracy", "objective", "train"]
