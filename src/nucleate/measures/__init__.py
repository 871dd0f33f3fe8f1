"""Measures: numbers that say how samples group, each with its chance level where one exists."""

from nucleate.measures.ami import ami
from nucleate.measures.ari import ari
from nucleate.measures.contingency import Contingency, contingency
from nucleate.measures.mutual_information import expected_mutual_information, mutual_information
from nucleate.measures.overlap import Overlap, label_overlap, overlap
from nucleate.measures.purity import purity, purity_baseline
from nucleate.measures.registry import MEASURES, MeasureInfo

__all__ = [
    "MEASURES",
    "Contingency",
    "MeasureInfo",
    "Overlap",
    "ami",
    "ari",
    "contingency",
    "expected_mutual_information",
    "label_overlap",
    "mutual_information",
    "overlap",
    "purity",
    "purity_baseline",
]
