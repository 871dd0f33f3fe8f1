from ._estimates import told_needs
from ._passes import ALL_SAMPLES, PART_COLUMNS, Pass, Storing
from ._plan import Plan, make_plan
from ._resources import HELD_BYTES, WITHOUT_NEIGHBORS, check_resources, gigabytes, planned_room
from ._sketching import Sketch
from ._subsampling import fewer_neighbors, subsample

__all__ = [
    "ALL_SAMPLES",
    "HELD_BYTES",
    "PART_COLUMNS",
    "WITHOUT_NEIGHBORS",
    "Pass",
    "Plan",
    "Sketch",
    "Storing",
    "check_resources",
    "fewer_neighbors",
    "gigabytes",
    "make_plan",
    "planned_room",
    "subsample",
    "told_needs",
]
