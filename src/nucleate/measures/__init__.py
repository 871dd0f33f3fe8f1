"""Measures: numbers that say how samples group, each with its chance level where one exists."""

from nucleate.measures.ami import ami
from nucleate.measures.ari import ari
from nucleate.measures.calibrate import Calibrated, calibrate
from nucleate.measures.cka import KernelAlignment, cka, kernel_alignment
from nucleate.measures.contingency import Contingency, contingency
from nucleate.measures.hubness import Hubness, hubness
from nucleate.measures.image_entropy import NeighborhoodEntropy, image_entropy, neighborhood_entropy
from nucleate.measures.intrinsic_dimension import IntrinsicDimension, gride, scale_profile, two_nn
from nucleate.measures.linear_probe import LinearProbe, linear_probe
from nucleate.measures.mutual_information import expected_mutual_information, mutual_information
from nucleate.measures.mutual_knn import jaccard, mutual_knn
from nucleate.measures.overlap import Overlap, label_overlap, overlap
from nucleate.measures.purity import purity, purity_baseline
from nucleate.measures.registry import MEASURES, MeasureInfo
from nucleate.measures.wilson import wilson_interval

__all__ = [
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
