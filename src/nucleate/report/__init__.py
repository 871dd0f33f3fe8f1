"""The report: what a run found, as one HTML file that needs nothing but itself."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from nucleate.report.over_training import report_over_training
from nucleate.report.page import report
from nucleate.report.transfer import report_transfer

__all__ = ["report", "report_over_training", "report_transfer"]


class _CallableRoom(ModuleType):
    """Lets `nucleate.report(run)` mean the function although the room has the same name."""

    def __call__(self, *arguments: Any, **options: Any) -> Path:
        return report(*arguments, **options)


sys.modules[__name__].__class__ = _CallableRoom
