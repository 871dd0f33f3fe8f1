"""Clusterings of one layer's samples: Ward and other linkages, k-means, density peaks. Pure functions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
