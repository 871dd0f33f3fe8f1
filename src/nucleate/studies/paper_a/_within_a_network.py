"""Nguyen & Kornblith 2023, Section 4 and Appendices C and D: clusterability within a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import (
    Finding,
    LayerProfile,
    all_of,
    measures_agree,
    one_rises_monotonically_the_other_not,
    rises_overall,
    varies_more_within_stages,
)
from nucleate.studies.declare import (
    ALL_OF_IMAGENET,
    LINEAR_PROBE,
    MAIN,
    PHOTO_CLUSTERS,
    SECOND,
    THIRD,
    Arrangement,
    Claim,
    Condition,
    Probed,
    Scale,
    Setting,
    Study,
    trained,
)
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_a._cluster_scores import ami, clusters_of, hidden, purity, purity_by_chance
from nucleate.studies.paper_a._clusters_of_seeds import stage_of

CLUSTERED, CLASSIFIED = "clusters", "linear probe"
PHOTOS = "grocery"


def _with_linear_probe(scale: Scale, arrangement: Arrangement) -> Setting:
    data = MAIN[scale]
    probes = tuple(
        Probed(network, data, arrangement, LINEAR_PROBE[scale])
        for network in trained(scale, "ResNet", data, arrangement)
    )
    clusters = clusters_of(scale, "ResNet", data, arrangement)
    return Setting(data, (Condition(CLUSTERED, clusters), Condition(CLASSIFIED, probes)))


def scores(evidence: Evidence) -> Mapping[str, LayerProfile]:
    """AMI, purity and linear-probe accuracy of the same networks, under these names."""
    found = {
        "AMI": ami(evidence, CLUSTERED),
        "purity": purity(evidence, CLUSTERED),
        "accuracy": hidden(evidence.profile(CLASSIFIED, "linear_probe", level="recover")),
    }
    return {name: replace(profile, name=name) for name, profile in found.items()}


def _only_the_probe_is_monotone(evidence: Evidence) -> Finding:
    found = scores(evidence)
    return one_rises_monotonically_the_other_not(found["accuracy"], found["AMI"])


def _all_rise(evidence: Evidence) -> Finding:
    return all_of([rises_overall(one) for one in scores(evidence).values()], "AMI, purity and accuracy rise with depth")


def _clusters_vary_more(evidence: Evidence) -> Finding:
    found = scores(evidence)
    stages = [stage_of(layer) for layer in found["AMI"].layers]
    return varies_more_within_stages(found["AMI"], found["accuracy"], stages)


def _draw_with_linear_probe(evidence: Evidence) -> Sequence[Picture]:
    found = scores(evidence)
    chance = replace(purity_by_chance(evidence, CLUSTERED), name="purity of shuffled labels")
    caption = (
        "AMI and purity of subclass clusters, and accuracy of the linear probe for subclasses, by depth; purity that "
        "clusters of the same sizes have of shuffled labels."
    )
    return [draw_profiles(caption, {"score": [*found.values(), chance]}, measure="purity")]


WITH_LINEAR_PROBE = (
    Claim("Linear-probe accuracy rises almost monotonically with depth; AMI does not.", _only_the_probe_is_monotone),
    Claim("AMI, purity and linear-probe accuracy all rise with depth on the whole.", _all_rise),
    Claim("Within a stage, AMI varies more from block to block than linear-probe accuracy.", _clusters_vary_more),
)


def _study_with_linear_probe(number: str, section: str, data: str, arrangement: Arrangement) -> Study:
    return Study(
        id=f"A-fig{number}",
        title=f"Do cluster scores follow the linear probe, subclasses {arrangement}?",
        section=section,
        paper="AMI and purity of subclass clusters and the accuracy of linear probes for subclasses at each block of a "
        f"ResNet-50 trained on {data}.",
        ours={
            "small": "A ResNet of nine blocks on digits, three seeds. Single pixels tell digits apart already, so that "
            "little is left for depth to bring out.",
            "paper": "Three seeds. Linear probes are fitted to spatial means: the flattened blocks of 67,600 images of "
            "the training would take up to 217 GB each.",
        },
        settings={scale: (_with_linear_probe(scale, arrangement),) for scale in ("small", "paper")},
        claims=WITH_LINEAR_PROBE,
        draw=_draw_with_linear_probe,
    )


def _two_measures(scale: Scale, data: str) -> Setting:
    return Setting(data, (Condition(CLUSTERED, clusters_of(scale, "ResNet", data)),))


def _photos() -> Setting:
    return Setting(PHOTOS, (Condition(CLUSTERED, (Probed(ALL_OF_IMAGENET["small"], PHOTOS, options=PHOTO_CLUSTERS),)),))


def _measures_agree(evidence: Evidence) -> Finding:
    return measures_agree(
        replace(ami(evidence, CLUSTERED), name="AMI"), replace(purity(evidence, CLUSTERED), name="purity")
    )


def _draw_two_measures(evidence: Evidence) -> Sequence[Picture]:
    chance = replace(purity_by_chance(evidence, CLUSTERED), name="purity of shuffled labels")
    panels = {
        "AMI": [replace(ami(evidence, CLUSTERED), name="AMI")],
        "purity": [replace(purity(evidence, CLUSTERED), name="purity"), chance],
    }
    caption = "AMI and purity of the same subclass clusters by depth; purity that shuffled labels would have."
    return [draw_profiles(caption, panels, floating=True)]


A_FIGC1 = Study(
    id="A-figC1",
    title="Do AMI and purity tell the same?",
    section="C",
    paper="AMI and purity of subclass clusters at each block of ResNet-50s trained on entity-13, living-17 and "
    "nonliving-26, means over three seeds.",
    ours={
        "small": "ResNets of nine blocks on digits (three seeds) and Fashion-MNIST (two), and photos of groceries in "
        "EfficientNet-Lite0, trained on ImageNet and pooled, a single network: that claim stays undecided.",
        "paper": "As the paper.",
    },
    settings={
        "small": (*(_two_measures("small", data) for data in (MAIN["small"], THIRD["small"])), _photos()),
        "paper": tuple(_two_measures("paper", data["paper"]) for data in (MAIN, SECOND, THIRD)),
    },
    claims=(Claim("AMI and purity show the same pattern across layers.", _measures_agree),),
    draw=_draw_two_measures,
)

STUDIES = (
    _study_with_linear_probe("1", "4", "entity-13-shuffled", "shuffled"),
    _study_with_linear_probe("D9", "D", "entity-13", "natural"),
    A_FIGC1,
)
