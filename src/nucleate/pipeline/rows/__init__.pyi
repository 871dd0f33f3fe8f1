from ._distances import read_distances
from ._extraction import Extraction, Extractor, describe, readable_rows, reconcile, with_status
from ._image_entropies import entropy_tasks, read_entropies, refuse_without_images
from ._spilled_rows import TransientRows, analyse_in_passes, transient_rows
from ._streamed_distances import Unit, measure_distances, records_of, units

__all__ = [
    "Extraction",
    "Extractor",
    "TransientRows",
    "Unit",
    "analyse_in_passes",
    "describe",
    "entropy_tasks",
    "measure_distances",
    "read_distances",
    "read_entropies",
    "readable_rows",
    "reconcile",
    "records_of",
    "refuse_without_images",
    "transient_rows",
    "units",
    "with_status",
]
