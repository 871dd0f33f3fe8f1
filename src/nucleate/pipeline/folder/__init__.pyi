from ._paths import RESULTS, RunFolder, identity, refuse_no_run, refuse_other_identity, refuse_single_run
from ._profile import PROFILE_SCHEMA, Place, mean_interval, profile_frame
from ._provenance import Provenance, unfinished

__all__ = [
    "PROFILE_SCHEMA",
    "RESULTS",
    "Place",
    "Provenance",
    "RunFolder",
    "identity",
    "mean_interval",
    "profile_frame",
    "refuse_no_run",
    "refuse_other_identity",
    "refuse_single_run",
    "unfinished",
]
