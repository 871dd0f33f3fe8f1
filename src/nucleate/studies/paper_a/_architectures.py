"""Nguyen & Kornblith 2023, Section 7 and Appendix G: architecture and normalisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import (
    Finding,
    lifts_middle,
    lifts_middle_more,
    peaks_after,
    peaks_at,
    peaks_earlier_not_higher,
    peaks_higher,
    peaks_no_higher,
)
from nucleate.studies.declare import ARCHITECTURES, MAIN, THIRD, Arrangement, Claim, Condition, Scale, Setting, Study
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_a._cluster_scores import FC6, ami, clusters_of
from nucleate.studies.paper_a._shuffled_superclasses import ARRANGEMENTS, SCALES, named

RESNET, VGG, BATCH_NORM, LAYER_NORM, VIT = ARCHITECTURES

Test = Callable[[Evidence, Arrangement], Finding]
"""Of what is claimed for natural superclasses and for shuffled ones."""


def _setting(scale: Scale, data: str, networks: Sequence[str], arrangements: Sequence[Arrangement]) -> Setting:
    conditions = (
        Condition(named(network, arrangement), clusters_of(scale, network, data, arrangement))
        for arrangement, network in product(arrangements, networks)
    )
    return Setting(data, tuple(conditions))


def _resnet_peaks_last(evidence: Evidence, arrangement: Arrangement) -> Finding:
    return peaks_after(ami(evidence, named(RESNET, arrangement)))


def _vgg_peaks_at_first_dense(evidence: Evidence, arrangement: Arrangement) -> Finding:
    return peaks_at(ami(evidence, named(VGG, arrangement)), FC6)


def _batch_norm_shifts(evidence: Evidence, arrangement: Arrangement) -> Finding:
    normed, plain = (ami(evidence, named(network, arrangement)) for network in (BATCH_NORM, VGG))
    return peaks_earlier_not_higher(normed, plain, unit="AMI")


def _peaks_no_higher_with(norm: str) -> Test:
    def test(evidence: Evidence, arrangement: Arrangement) -> Finding:
        return peaks_no_higher(ami(evidence, named(norm, arrangement)), ami(evidence, named(VGG, arrangement)))

    return test


def _lifts_middle_with(norm: str) -> Test:
    def test(evidence: Evidence, arrangement: Arrangement) -> Finding:
        normed, plain = (ami(evidence, named(network, arrangement)) for network in (norm, VGG))
        return lifts_middle(normed, plain, unit="AMI")

    return test


def _batch_norm_lifts_more(evidence: Evidence, arrangement: Arrangement) -> Finding:
    batch, layer, plain = (ami(evidence, named(network, arrangement)) for network in (BATCH_NORM, LAYER_NORM, VGG))
    return lifts_middle_more(batch, layer, plain, unit="AMI")


def _resnet_above_vit(evidence: Evidence, arrangement: Arrangement) -> Finding:
    return peaks_higher(ami(evidence, named(RESNET, arrangement)), ami(evidence, named(VIT, arrangement)), unit="AMI")


def _vgg_above_vit(evidence: Evidence) -> Finding:
    return peaks_higher(ami(evidence, named(VGG, "shuffled")), ami(evidence, named(VIT, "shuffled")), unit="AMI")


WHERE_IT_PEAKS = (
    ("AMI peaks at the end of ResNet", _resnet_peaks_last),
    ("AMI peaks at the first dense layer of VGG", _vgg_peaks_at_first_dense),
)
WHAT_NORMS_DO = (
    ("Batch norm shifts the maximum of VGG to an earlier layer and leaves it as high", _batch_norm_shifts),
    ("Batch norm does not raise the maximum of VGG", _peaks_no_higher_with(BATCH_NORM)),
    ("Layer norm does not raise the maximum of VGG", _peaks_no_higher_with(LAYER_NORM)),
    ("Batch norm lifts AMI in the middle layers of VGG, and there only", _lifts_middle_with(BATCH_NORM)),
    ("Layer norm lifts AMI in the middle layers of VGG, and there only", _lifts_middle_with(LAYER_NORM)),
    ("Batch norm lifts the middle layers more than layer norm", _batch_norm_lifts_more),
)
WHAT_VITS_DO = (("The maximum of ViT is lower than that of ResNet", _resnet_above_vit),)
"""What is claimed of each arrangement, and its test."""


def _claims(arrangement: Arrangement, *told: tuple[str, Test]) -> list[Claim]:
    def of(test: Test) -> Callable[[Evidence], Finding]:
        return lambda evidence: test(evidence, arrangement)

    return [Claim(f"{text}, with {arrangement} superclasses.", of(test)) for text, test in told]


def _draw(evidence: Evidence) -> Sequence[Picture]:
    panels = {
        f"AMI, {arrangement}": [
            replace(ami(evidence, named(network, arrangement)), name=network)
            for network in ARCHITECTURES
            if named(network, arrangement) in evidence.conditions
        ]
        for arrangement in ARRANGEMENTS
    }
    caption = "AMI of subclass clusters by depth; convolutions and dense layers of VGG before norm and ReLU."
    shown = {title: profiles for title, profiles in panels.items() if profiles}
    return [draw_profiles(caption, shown, measure="ami")]


A_FIG7 = Study(
    id="A-fig7",
    title="Where do subclasses part in other architectures, and with normalisation?",
    section="7",
    paper="AMI of subclass clusters at each layer of ResNet-50, VGG-16 without normalisation, with batch norm and with "
    "layer norm, and ViT-B/32 (after attention and after the MLP of each block), trained on entity-13 and on "
    "entity-13-shuffled, means over three seeds.",
    ours={
        "small": "A ResNet of nine blocks, VGGs of six convolutions and a ViT of four blocks on digits. ResNet and "
        "plain VGG have three seeds; of the others, with shuffled superclasses batch norm and layer norm have two, the "
        "rest one. VGGs are trained alike for 40 epochs, as long as layer norm needs.",
        "paper": "As the paper.",
    },
    settings={scale: (_setting(scale, MAIN[scale], tuple(ARCHITECTURES), ARRANGEMENTS),) for scale in SCALES},
    claims=(
        *(claim for each in ARRANGEMENTS for claim in _claims(each, *WHERE_IT_PEAKS, *WHAT_NORMS_DO, *WHAT_VITS_DO)),
        Claim("The maximum of ViT is lower than that of VGG, with shuffled superclasses.", _vgg_above_vit),
    ),
    draw=_draw,
)

A_FIGG1 = Study(
    id="A-figG1",
    title="Where do subclasses part in VGG and ResNet, on a third data set?",
    section="G",
    paper="AMI of subclass clusters at each layer of VGG-16 and ResNet-50, trained on nonliving-26.",
    ours={
        "small": "A VGG of six convolutions without normalisation and a ResNet of nine blocks on Fashion-MNIST, two "
        "seeds of each.",
        "paper": "As the paper, three seeds.",
    },
    settings={scale: (_setting(scale, THIRD[scale], (VGG, RESNET), ("natural",)),) for scale in SCALES},
    claims=tuple(_claims("natural", *WHERE_IT_PEAKS)),
    draw=_draw,
)

STUDIES = (A_FIG7, A_FIGG1)
