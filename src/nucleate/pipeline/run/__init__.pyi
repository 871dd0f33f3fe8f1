from ._run import Run

__all__ = [
    "Run",
]
