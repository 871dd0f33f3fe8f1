from ._clustering import DensityError, density_peaks
from ._dendrogram import Dendrogram
from ._density import log_density
from ._merging import Merges
from ._peaks import Peaks
from ._saddles import Border, Saddles

__all__ = [
    "Border",
    "Dendrogram",
    "DensityError",
    "Merges",
    "Peaks",
    "Saddles",
    "density_peaks",
    "log_density",
]
