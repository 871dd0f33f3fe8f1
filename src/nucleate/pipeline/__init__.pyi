from ._checkpoints import OverTraining, probe_checkpoints
from ._compare import compare
from ._export import export
from ._probe import probe
from ._transfer import Transfer, at_one_level, transfer
from .folder import PROFILE_SCHEMA
from .request import PRESETS, Settings
from .run import Run
from .tasks import Reporter

__all__ = [
    "PRESETS",
    "PROFILE_SCHEMA",
    "OverTraining",
    "Reporter",
    "Run",
    "Settings",
    "Transfer",
    "at_one_level",
    "compare",
    "export",
    "probe",
    "probe_checkpoints",
    "transfer",
]
