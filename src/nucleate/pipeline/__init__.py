"""Request -> plan -> tasks -> run folder."""

from nucleate.pipeline.compare import compare
from nucleate.pipeline.export import export
from nucleate.pipeline.over_training import OverTraining, probe_checkpoints
from nucleate.pipeline.presets import PRESETS
from nucleate.pipeline.probe import probe
from nucleate.pipeline.profile import PROFILE_SCHEMA
from nucleate.pipeline.progress import Reporter
from nucleate.pipeline.results import Run
from nucleate.pipeline.settings import Settings
from nucleate.pipeline.transfer import Transfer, transfer

__all__ = [
    "PRESETS",
    "PROFILE_SCHEMA",
    "OverTraining",
    "Reporter",
    "Run",
    "Settings",
    "Transfer",
    "compare",
    "export",
    "probe",
    "probe_checkpoints",
    "transfer",
]
