from ._ami import ami
from ._ari import ari
from ._calibrate import Calibrated, calibrate
from ._cka import BANDWIDTHS, KernelAlignment, cka, kernel_alignment
from ._contingency import Contingency, contingency
from ._hubness import Hubness, hubness
from ._image_entropy import NeighborhoodEntropy, image_entropy, neighborhood_entropy
from ._intrinsic_dimension import IntrinsicDimension, gride, scale_profile, two_nn
from ._linear_probe import LinearProbe, linear_probe
from ._mutual_information import expected_mutual_information, mutual_information
from ._mutual_knn import jaccard, mutual_knn
from ._overlap import Overlap, label_overlap, overlap
from ._purity import purity, purity_baseline
from ._registry import MEASURES, MeasureInfo
from ._wilson import wilson_interval

__all__ = [
    "BANDWIDTHS",
    "MEASURES",
    "Calibrated",
    "Contingency",
    "Hubness",
    "IntrinsicDimension",
    "KernelAlignment",
    "LinearProbe",
    "MeasureInfo",
    "NeighborhoodEntropy",
    "Overlap",
    "ami",
    "ari",
    "calibrate",
    "cka",
    "contingency",
    "expected_mutual_information",
    "gride",
    "hubness",
    "image_entropy",
    "jaccard",
    "kernel_alignment",
    "label_overlap",
    "linear_probe",
    "mutual_information",
    "mutual_knn",
    "neighborhood_entropy",
    "overlap",
    "purity",
    "purity_baseline",
    "scale_profile",
    "two_nn",
    "wilson_interval",
]
