"""Tests of the papers' claims: profiles or arrays in, a finding with a verdict out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
