"""The report: what a run found, as one HTML file that needs nothing but itself."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from nucleate.report.page import report

__all__ = ["report"]


class _CallableRoom(ModuleType):
    """Lets `nucleate.report(run)` mean the function although the room has the same name."""

    def __call__(self, *arguments: Any, **options: Any) -> Path:
        return report(*arguments, **options)


sys.modules[__name__].__class__ = _CallableRoom
