"""Samples: where they come from, how they are read, and the table that gives each its row."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
