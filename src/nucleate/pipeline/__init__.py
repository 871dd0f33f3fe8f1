"""Request -> plan -> tasks -> run folder."""

from nucleate.pipeline.compare import compare
from nucleate.pipeline.export import export
from nucleate.pipeline.probe import probe
from nucleate.pipeline.profile import PROFILE_SCHEMA
from nucleate.pipeline.progress import Reporter
from nucleate.pipeline.results import Run
from nucleate.pipeline.settings import Settings

__all__ = ["PROFILE_SCHEMA", "Reporter", "Run", "Settings", "compare", "export", "probe"]
