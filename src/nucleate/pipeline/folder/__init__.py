"""The run folder: where each file lives, what its tables hold, and who made it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
