from ._algorithms import ALGORITHMS, Algorithm
from ._density_peaks import Dendrogram, Merges, Peaks, Saddles, density_peaks, log_density
from ._density_peaks_estimator import DensityPeaks
from ._kmeans import kmeans
from ._normalization import Normalization, normalized
from ._ward_clustering import WardClustering
from .hierarchical import Linkage, Tree, linkage, linkage_of_distances, ward

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Dendrogram",
    "DensityPeaks",
    "Linkage",
    "Merges",
    "Normalization",
    "Peaks",
    "Saddles",
    "Tree",
    "WardClustering",
    "density_peaks",
    "kmeans",
    "linkage",
    "linkage_of_distances",
    "log_density",
    "normalized",
    "ward",
]
