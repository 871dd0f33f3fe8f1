"""Training networks on labels of one's choice."""

from nucleate.training.loop import Progress, TrainingResult, accuracy, train

__all__ = ["Progress", "TrainingResult", "accuracy", "train"]
