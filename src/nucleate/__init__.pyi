from . import activations, clusters, data, labels, measures, models, neighbors, studies, training
from ._version import __version__
from .labels import Hierarchy
from .pipeline import Run, compare, export, probe, probe_checkpoints, transfer
from .reports import report

__all__ = [
    "Hierarchy",
    "Run",
    "__version__",
    "activations",
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
