from ._catalogue import studies, study
from .execute import plan, run
from .publish import list_studies, report

__all__ = [
    "list_studies",
    "plan",
    "report",
    "run",
    "studies",
    "study",
]
