"""Labels: the tree of classes the samples belong to, from the broadest superclass to the leaf."""

from nucleate.labels.hierarchy import Hierarchy

__all__ = ["Hierarchy"]
