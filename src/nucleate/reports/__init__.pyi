from .pages import report, report_over_training, report_transfer

__all__ = [
    "report",
    "report_over_training",
    "report_transfer",
]
