"""Labels: the tree of classes the samples belong to, from the broadest superclass to the leaf."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
