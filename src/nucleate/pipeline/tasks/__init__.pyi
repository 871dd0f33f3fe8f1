from ._progress import Reporter, duration
from ._task import Task

__all__ = [
    "Reporter",
    "Task",
    "duration",
]
