from ._bounds import Bounds
from ._byol import BYOL, BYOL_BOUNDS, BYOL_PARAMETERS
from ._classification import Classification
from ._objectives import OBJECTIVES, Loss, Objective, objective
from ._targets import Targets, check_split, relabelled, targets_of

__all__ = [
    "BYOL",
    "BYOL_BOUNDS",
    "BYOL_PARAMETERS",
    "OBJECTIVES",
    "Bounds",
    "Classification",
    "Loss",
    "Objective",
    "Targets",
    "check_split",
    "objective",
    "relabelled",
    "targets_of",
]
