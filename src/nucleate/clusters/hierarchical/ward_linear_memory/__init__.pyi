from ._forest import Merges, ward_in_linear_memory

__all__ = [
    "Merges",
    "ward_in_linear_memory",
]
