from ._algorithms import Algorithm, algorithms, compared_algorithms
from ._checkpoints import report_over_training
from ._document import fill_fragment, fill_template
from ._neighbor_section import NeighborSection, neighbor_section
from ._overlap_curves import ESTIMATE
from ._page import report
from ._peak_layers import layer_maps
from ._peak_section import PeakSection, peak_gallery, peak_section
from ._transfer import report_transfer

__all__ = [
    "ESTIMATE",
    "Algorithm",
    "NeighborSection",
    "PeakSection",
    "algorithms",
    "compared_algorithms",
    "fill_fragment",
    "fill_template",
    "layer_maps",
    "neighbor_section",
    "peak_gallery",
    "peak_section",
    "report",
    "report_over_training",
    "report_transfer",
]
