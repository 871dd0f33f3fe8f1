"""Nguyen & Kornblith 2023, Section 8 and Figures H.1 to H.3: seeds agree in scores and not in clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import (
    Finding,
    LayerProfile,
    agree_at_both_ends,
    agree_more_near_output,
    agree_most_early,
    agree_where_score_is_high,
    all_of,
    clusters_differ_more,
    seeds_agree_in_score_only,
)
from nucleate.studies.declare import MAIN, SECOND, THIRD, Arrangement, Claim, Condition, Scale, Setting, Study
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_a import _cluster_scores as cluster_scores
from nucleate.studies.paper_a._cluster_scores import clusters_of
from nucleate.studies.paper_a._pairs_of_seeds import agreement, each_repetition

NATURAL: Arrangement = "natural"
SHUFFLED: Arrangement = "shuffled"
SCALES: tuple[Scale, ...] = ("small", "paper")


def between_seeds(scale: Scale, architecture: str, data: str, arrangements: Sequence[Arrangement]) -> Setting:
    """All seeds of an architecture on one set of data: a condition for each arrangement."""
    conditions = (
        Condition(arrangement, clusters_of(scale, architecture, data, arrangement)) for arrangement in arrangements
    )
    return Setting(data, tuple(conditions))


def ami(evidence: Evidence, condition: str) -> LayerProfile:
    """AMI of subclass clusters, a row for each seed."""
    return replace(cluster_scores.ami(evidence, condition), name=f"AMI, {condition}")


def _agree_in_score_only(evidence: Evidence) -> Finding:
    parts = [seeds_agree_in_score_only(ami(evidence, name), agreement(evidence, name)) for name in evidence.conditions]
    if len(parts) == 1:
        return parts[0]
    return all_of(parts, "With natural superclasses and with shuffled ones")


def _shuffled_differ_less(evidence: Evidence) -> Finding:
    return clusters_differ_more(agreement(evidence, NATURAL), agreement(evidence, SHUFFLED))


def _agree_near_output(evidence: Evidence) -> Finding:
    return agree_more_near_output(agreement(evidence, SHUFFLED), agreement(evidence, NATURAL))


def _agree_where_ami_is_high(evidence: Evidence) -> Finding:
    return agree_where_score_is_high(agreement(evidence, SHUFFLED), ami(evidence, SHUFFLED))


def _draw(evidence: Evidence) -> Sequence[Picture]:
    panels: dict[str, list[LayerProfile]] = {}
    for name in evidence.conditions:
        scores = ami(evidence, name)
        numbers = range(1, len(scores.values) + 1)
        panels[f"AMI with the subclasses, {name}"] = each_repetition(scores, [f"seed {one}" for one in numbers])
        pairs = [f"seeds {one} and {other}" for one, other in combinations(numbers, 2)]
        panels[f"ARI between seeds, {name}"] = each_repetition(agreement(evidence, name), pairs)
    ordered = {title: panels[title] for kind in ("AMI", "ARI") for title in panels if title.startswith(kind)}
    return [
        draw_profiles("AMI of each seed's clusters, and agreement of the clusters of two seeds, by depth.", ordered)
    ]


AGREE_IN_SCORE_ONLY = Claim("Seeds agree in their AMI profiles, and not in their clusters.", _agree_in_score_only)
WHERE_SHUFFLED = (
    Claim("Shuffled superclasses make the clusters of seeds agree more.", _shuffled_differ_less),
    Claim("Shuffled superclasses make them agree more most of all in the last layers.", _agree_near_output),
    Claim("With shuffled superclasses, seeds agree at the layers where AMI is high.", _agree_where_ami_is_high),
)
EARLY = Claim(
    "With natural superclasses, seeds of a VGG agree most in the first convolutions.",
    lambda evidence: agree_most_early(agreement(evidence, NATURAL)),
)
BOTH_ENDS = Claim(
    "With natural superclasses, seeds of a ResNet agree more at the start and at the end than in between.",
    lambda evidence: agree_at_both_ends(agreement(evidence, NATURAL)),
)
"""Claims of the four figures."""


def _study(
    number: str, architecture: str, data: Mapping[Scale, str], *, published: str, small: str, claims: tuple[Claim, ...],
    arrangements: Sequence[Arrangement] = (NATURAL,),
) -> Study:  # fmt: skip
    return Study(
        id=f"A-fig{number}",
        title=f"Do seeds of a {architecture} find the same clusters?",
        section="8" if number == "8" else "H",
        paper=f"AMI of subclass clusters by layer for three seeds of {published}, and the adjusted Rand index between "
        "the clusters of each two seeds.",
        ours={"small": small, "paper": "As the paper."},
        settings={scale: (between_seeds(scale, architecture, data[scale], arrangements),) for scale in SCALES},
        claims=(AGREE_IN_SCORE_ONLY, *claims),
        draw=_draw,
    )


BOTH: tuple[Arrangement, ...] = (NATURAL, SHUFFLED)
TWO = "Two seeds only, which say nothing of how pairs of seeds vary: claims stay undecided."

STUDIES = (
    _study(
        "8", "VGG", MAIN, published="VGG-16, trained on entity-13 and on entity-13-shuffled",
        small="A VGG of six convolutions without normalisation on digits, three seeds.",
        claims=(*WHERE_SHUFFLED, EARLY), arrangements=BOTH,
    ),
    _study(
        "H1", "ResNet", MAIN, published="ResNet-50, trained on entity-13 and on entity-13-shuffled",
        small="A ResNet of nine blocks on digits, three seeds.",
        claims=(*WHERE_SHUFFLED, BOTH_ENDS), arrangements=BOTH,
    ),
    _study(
        "H2", "VGG", SECOND, published="VGG-16, trained on living-17",
        small=f"A VGG of six convolutions without normalisation on Fashion-MNIST. {TWO}", claims=(EARLY,),
    ),
    _study(
        "H3", "ResNet", THIRD, published="ResNet-50, trained on nonliving-26",
        small=f"A ResNet of nine blocks on Fashion-MNIST. {TWO}", claims=(BOTH_ENDS,),
    ),
)  # fmt: skip
