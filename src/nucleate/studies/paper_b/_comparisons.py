"""Doimo et al. 2020, Appendices A.4 and A.5: kernel alignment beside overlap, and simple data beside complex ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import (
    Finding,
    LayerProfile,
    after,
    all_of,
    exceeds,
    exceeds_between,
    has_hump,
    lies_above,
    lies_closer,
    rises_more_sharply,
)
from nucleate.studies.declare import Claim, Study
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_b._networks import NETWORK, complexity, draws
from nucleate.studies.paper_b._profiles import dimension_by_class, label_overlap_by_class

DRAWN = "draws of images"
BANDWIDTHS = (0.1, 0.2, 0.5, 1, 2)

# --- Figure A.3


def _cka(evidence: Evidence, kernel: str, name: str) -> LayerProfile:
    parameters = f"{kernel} debiased with=output"
    profile = evidence.profile(NETWORK, "cka", parameters=parameters, repetitions=DRAWN)
    return replace(profile, name=name)


def _gaussian(evidence: Evidence, bandwidth: float) -> LayerProfile:
    return _cka(evidence, f"gaussian bandwidth={bandwidth:g}", f"Gaussian CKA, σ = {bandwidth:g} d₁")


def _linear(evidence: Evidence) -> LayerProfile:
    return _cka(evidence, "linear", "linear CKA")


def _overlap(evidence: Evidence) -> LayerProfile:
    k = evidence.of(NETWORK)[0].about["request"]["k"]
    profile = evidence.profile(NETWORK, "overlap", parameters=f"k={k} with=output", repetitions=DRAWN)
    return replace(profile, name="overlap")


def _draw_alignment(evidence: Evidence) -> Sequence[Picture]:
    return [
        draw_profiles(
            "Linear CKA, Gaussian CKA at 0.2 times the mean distance to the first neighbour, and overlap, of each "
            "layer with the output. CKA is debiased. Bands: 95 % intervals over disjoint draws of images.",
            {"Similarity to the output": [_linear(evidence), _gaussian(evidence, 0.2), _overlap(evidence)]},
        ),
        draw_profiles(
            "Gaussian CKA with the output by bandwidth, in mean distances to the first neighbour.",
            {"Gaussian CKA with the output": [_gaussian(evidence, bandwidth) for bandwidth in BANDWIDTHS]},
        ),
    ]


B_FIGA3 = Study(
    id="B-figA3",
    title="Does kernel alignment see the transition?",
    section="A.4",
    paper="Linear and Gaussian CKA with the output, beside overlap, for 50 classes with 100 images each in ResNet-152; "
    "bandwidths of 0.1 to 2 mean distances to the first neighbour.",
    ours={
        "small": "The small ResNets that learned the classes of digits (34 images of each class, k = 4) and of "
        "Fashion-MNIST (100 of each, k = 10). CKA without bias, which at narrow bandwidths makes anything alike. "
        "Repetitions are three disjoint draws of images.",
        "paper": "As the paper, three disjoint draws of images, CKA without bias.",
    },
    settings={"small": draws("small"), "paper": draws("paper")},
    claims=(
        Claim(
            "Overlap with the output rises more sharply than linear CKA.",
            lambda evidence: rises_more_sharply(_overlap(evidence), _linear(evidence), paired=True),
        ),
        Claim(
            "Gaussian CKA with a narrow kernel lies closer to the overlap than linear CKA.",
            lambda evidence: lies_closer(_gaussian(evidence, 0.2), _linear(evidence), _overlap(evidence)),
        ),
        Claim(
            "The narrower the kernel, the sharper the transition.",
            lambda evidence: rises_more_sharply(_gaussian(evidence, 0.1), _gaussian(evidence, 2), paired=True),
        ),
    ),
    draw=_draw_alignment,
)

# --- Figure A.4


def _labels(evidence: Evidence) -> list[LayerProfile]:
    """Overlap with the labels of each data set, from the simplest to the most complex."""
    return [label_overlap_by_class(evidence.of(name)[0], name=name) for name in evidence.conditions]


def _dimensions(evidence: Evidence) -> list[LayerProfile]:
    return [dimension_by_class(evidence.of(name)[0], name) for name in evidence.conditions]


def _simple_starts_ordered(evidence: Evidence) -> Finding:
    simplest = _labels(evidence)[0]
    late = after(simplest, 1 / 3)
    what = f"The overlap with the labels of {simplest.name}"
    parts = [
        exceeds(simplest.values[:, 0], 0.5, what=f"{what} in the input", of="classes"),
        exceeds(
            simplest.values[:, late].mean(axis=1), 0.9, what=f"{what}, mean after a third of the depth,", of="classes"
        ),
    ]
    return all_of(parts, "The simplest data are ordered from the start")


def _complex_is_sharper(evidence: Evidence) -> Finding:
    *simple, complex_ = _labels(evidence)
    parts = [rises_more_sharply(complex_, other) for other in simple]
    return all_of(parts, f"The transition of {complex_.name} is sharper than any other")


def _dimension_has_hump(evidence: Evidence) -> Finding:
    return has_hump(_dimensions(evidence)[-1], by=1, unit="dimensions")


def _complex_has_more_dimensions(evidence: Evidence) -> Finding:
    simplest, moved, *_, complex_ = _dimensions(evidence)
    parts = [lies_above(complex_, other, by=1, unit="dimensions") for other in (simplest, moved)]
    return all_of(parts, f"{complex_.name.capitalize()} have more dimensions than digits")


def _simple_dimension_is_flat(evidence: Evidence) -> Finding:
    simplest, moved, *_, complex_ = _dimensions(evidence)
    what = "The range of the intrinsic dimension along depth, as a share of its mean, of {} minus that of {}"
    parts = [
        exceeds_between(_range(complex_), _range(other), 0, what=what.format(complex_.name, other.name), of="classes")
        for other in (simplest, moved)
    ]
    return all_of(parts, "The intrinsic dimension of digits varies less")


def _range(profile: LayerProfile) -> np.ndarray:
    return np.asarray(np.ptp(profile.values, axis=1) / profile.values.mean(axis=1))


B_FIGA4 = Study(
    id="B-figA4",
    title="Do simple data show a transition?",
    section="A.5",
    paper="Overlap with the labels and intrinsic dimension in ResNet-152 trained on MNIST, modMNIST, CIFAR-10 and "
    "ImageNet.",
    ours={
        "small": "Digits for MNIST, the same digits made smaller and moved about a canvas of 32 pixels for modMNIST, "
        "Fashion-MNIST for CIFAR-10, each with a small ResNet; grocery photos in EfficientNet-Lite0 for "
        "ImageNet. Repetitions are classes.",
        "paper": "As the paper, with 300 training images of each class and k = 30 for all data; batches of 128 and no "
        "weight decay, which the text does not tell. Repetitions are classes.",
    },
    settings={"small": complexity("small"), "paper": complexity("paper")},
    claims=(
        Claim("The simplest data are ordered in the input and nearly wholly so after a third.", _simple_starts_ordered),
        Claim("The transition is sharp for the most complex data only.", _complex_is_sharper),
        Claim("The intrinsic dimension of the most complex data rises and falls again.", _dimension_has_hump),
        Claim("Simple data have lower intrinsic dimensions.", _complex_has_more_dimensions),
        Claim("The intrinsic dimension of simple data is almost constant.", _simple_dimension_is_flat),
    ),
    draw=lambda evidence: [
        draw_profiles(
            "Overlap with the labels and intrinsic dimension of four data sets, each in its own network. Bands: 95 % "
            "intervals over classes.",
            {"Overlap with the labels": _labels(evidence), "Intrinsic dimension": _dimensions(evidence)},
        )
    ],
)

STUDIES = (B_FIGA3, B_FIGA4)
