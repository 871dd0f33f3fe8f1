"""From samples to rows of layers: kept, spilled to disk, or streamed into distances."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
