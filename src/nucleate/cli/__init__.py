"""The command line: thin, and quick to say what it can do (`--help` never imports torch)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
