from ._outcome import Outcome, outcomes, record_of
from ._plan import StudiesPlan, duration, few
from ._run import plan, run, works_of
from ._runner import StudiesRun

__all__ = [
    "Outcome",
    "StudiesPlan",
    "StudiesRun",
    "duration",
    "few",
    "outcomes",
    "plan",
    "record_of",
    "run",
    "works_of",
]
