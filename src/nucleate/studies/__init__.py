"""Every figure and table of the two papers as an experiment that anyone can run, with a verdict on each claim."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
