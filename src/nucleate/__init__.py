"""nucleate: watch clusters form, layer by layer, inside a neural network.

Rooms are imported when first used, so that ``import nucleate`` and ``nucleate --help`` stay instant.
"""

import lazy_loader

from nucleate._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
