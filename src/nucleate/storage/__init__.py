"""How bytes reach the disk and how we know that they did: atomic writes, commit records, blocks of rows."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
