from ._hierarchy import Hierarchy

__all__ = [
    "Hierarchy",
]
