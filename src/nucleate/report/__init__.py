"""The report: what a run found, as one HTML file that needs nothing but itself."""

from nucleate.report.page import report

__all__ = ["report"]
