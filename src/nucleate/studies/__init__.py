"""Every figure and table of the two papers as an experiment that anyone can run, with a verdict on each claim."""

from nucleate.studies.catalogue import studies, study
from nucleate.studies.listing import list_studies
from nucleate.studies.page import report
from nucleate.studies.run import plan, run

__all__ = ["list_studies", "plan", "report", "run", "studies", "study"]
