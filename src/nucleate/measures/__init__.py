"""Measures: numbers that say how samples group, each with its chance level where one exists."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
