"""Nguyen & Kornblith 2023, Section 5.1 and Appendix E: subclasses dealt to superclasses at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import (
    Finding,
    LayerProfile,
    differs_most_near_output,
    lies_above,
    stays_low_but_above_zero,
)
from nucleate.studies.declare import MAIN, SECOND, Arrangement, Claim, Condition, Scale, Setting, Study
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_a._cluster_scores import ami, clusters_of

NETWORKS = ("VGG", "ResNet")
ARRANGEMENTS: tuple[Arrangement, ...] = ("natural", "shuffled")
SCALES: tuple[Scale, ...] = ("small", "paper")


def named(network: str, arrangement: Arrangement) -> str:
    """The name of a condition.

    Examples
    --------
    >>> named("VGG, batch norm", "natural")
    'VGG, batch norm (natural)'
    """
    return f"{network} ({arrangement})"


def _setting(scale: Scale, data: str) -> Setting:
    conditions = (
        Condition(named(network, arrangement), clusters_of(scale, network, data, arrangement))
        for network, arrangement in product(NETWORKS, ARRANGEMENTS)
    )
    return Setting(data, tuple(conditions))


def _both(evidence: Evidence, network: str) -> tuple[LayerProfile, LayerProfile]:
    """AMI with shuffled superclasses, and with natural ones."""
    return ami(evidence, named(network, "shuffled")), ami(evidence, named(network, "natural"))


def _claims(network: str) -> tuple[Claim, ...]:
    def rises(evidence: Evidence) -> Finding:
        return lies_above(*_both(evidence, network), unit="AMI")

    def rises_most_at_the_end(evidence: Evidence) -> Finding:
        return differs_most_near_output(*_both(evidence, network), unit="AMI")

    return (
        Claim(f"Shuffled superclasses raise AMI across the layers of {network}.", rises),
        Claim(f"Shuffled superclasses raise AMI most near the end of {network}.", rises_most_at_the_end),
    )


def _natural_is_low(network: str) -> Callable[[Evidence], Finding]:
    return lambda evidence: stays_low_but_above_zero(_both(evidence, network)[1])


NATURAL_IS_LOW = tuple(
    Claim(
        f"With natural superclasses, AMI is low but above zero throughout {network}.",
        _natural_is_low(network),
    )
    for network in NETWORKS
)


def _draw(evidence: Evidence) -> Sequence[Picture]:
    panels = {
        f"AMI, {network}": [
            replace(ami(evidence, named(network, arrangement)), name=arrangement) for arrangement in ARRANGEMENTS
        ]
        for network in NETWORKS
    }
    caption = "AMI of subclass clusters by depth, subclasses in their own superclasses or dealt to them at random."
    return [draw_profiles(caption, panels, measure="ami")]


def _study(
    number: str,
    data: Mapping[Scale, str],
    *,
    section: str,
    published: str,
    small: str,
    where: str = "",
    claims: tuple[Claim, ...] = (),
) -> Study:
    return Study(
        id=f"A-fig{number}",
        title=f"Do superclasses of unrelated subclasses part better{where}?",
        section=section,
        paper=f"AMI of subclass clusters at each layer of VGG-16 and ResNet-50, trained on {published} and on the same "
        "images with subclasses dealt to superclasses at random.",
        ours={"small": small, "paper": "As the paper, three seeds."},
        settings={scale: (_setting(scale, data[scale]),) for scale in SCALES},
        claims=(*(claim for network in NETWORKS for claim in _claims(network)), *claims),
        draw=_draw,
    )


STUDIES = (
    _study(
        "2", MAIN, section="5.1", published="entity-13",
        small="A VGG of six convolutions without normalisation and a ResNet of nine blocks on digits, three seeds of "
        "each; the deal is that of seed 2, as published.",
        claims=NATURAL_IS_LOW,
    ),
    _study(
        "E1", SECOND, section="E", published="living-17", where=", on a second data set",
        small="A VGG of six convolutions without normalisation and a ResNet of nine blocks on Fashion-MNIST, two seeds "
        "of each with natural superclasses and one with shuffled ones.",
    ),
)  # fmt: skip
