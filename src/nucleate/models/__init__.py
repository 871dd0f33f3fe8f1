"""Networks: our own, timm's, any torch module; where their weights come from and what they take."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
