from ._distances import squared_distances
from ._linkage import Linkage, linkage, linkage_of_distances
from ._tree import Tree, by_first_appearance, sorted_linkage
from ._ward import ward

__all__ = [
    "Linkage",
    "Tree",
    "by_first_appearance",
    "linkage",
    "linkage_of_distances",
    "sorted_linkage",
    "squared_distances",
    "ward",
]
