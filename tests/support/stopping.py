"""A run that stops in the middle, as Ctrl-C would stop it."""

from pathlib import Path
from types import ModuleType

import pytest


class Stop(BaseException):
    """Raised in the middle of a run."""


def stop_after(writes: int, monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """Let a module write a number of files, then stop."""
    left, write = writes, module.write_bytes

    def count(path: Path, data: bytes) -> None:
        nonlocal left
        if left == 0:
            raise Stop
        left -= 1
        write(path, data)

    monkeypatch.setattr(module, "write_bytes", count)
