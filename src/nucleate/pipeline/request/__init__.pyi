from ._batch_size import resolve_batch_size
from ._presets import PRESETS
from ._settings import DEFAULT_MEASURES, Settings, settings

__all__ = [
    "DEFAULT_MEASURES",
    "PRESETS",
    "Settings",
    "resolve_batch_size",
    "settings",
]
