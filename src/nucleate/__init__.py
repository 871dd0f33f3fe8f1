"""nucleate: watch clusters form, layer by layer, inside a neural network.

Rooms are imported when first used, so that ``import nucleate`` and ``nucleate --help`` stay instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nucleate._version import __version__

if TYPE_CHECKING:
    from nucleate import clusters, data, labels, measures, models, neighbors, studies, training
    from nucleate.labels import Hierarchy
    from nucleate.pipeline.compare import compare
    from nucleate.pipeline.export import export
    from nucleate.pipeline.over_training import probe_checkpoints
    from nucleate.pipeline.probe import probe
    from nucleate.pipeline.results import Run
    from nucleate.pipeline.transfer import transfer
    from nucleate.report import report

_ROOMS = ("clusters", "data", "labels", "measures", "models", "neighbors", "studies", "training")
_NAMES = {
    "Hierarchy": "labels",
    "Run": "pipeline",
    "compare": "pipeline",
    "export": "pipeline",
    "probe": "pipeline",
    "probe_checkpoints": "pipeline",
    "report": "report",
    "transfer": "pipeline",
}

__all__ = [
    "Hierarchy",
    "Run",
    "__version__",
    "clusters",
    "compare",
    "data",
    "export",
    "labels",
    "measures",
    "models",
    "neighbors",
    "probe",
    "probe_checkpoints",
    "report",
    "studies",
    "training",
    "transfer",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"nucleate.{_NAMES[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"nucleate.{name}")
    raise AttributeError(f"module 'nucleate' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
