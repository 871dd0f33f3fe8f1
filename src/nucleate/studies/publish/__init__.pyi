from ._listing import list_studies
from ._page import TABLE, report, write_page
from ._verdict_table import VerdictRow, as_summary, verdict_rows

__all__ = [
    "TABLE",
    "VerdictRow",
    "as_summary",
    "list_studies",
    "report",
    "verdict_rows",
    "write_page",
]
