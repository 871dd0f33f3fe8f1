"""Nguyen & Kornblith 2023, Section 4 and Appendices C and D: clusterability within a network."""

from __future__ import annotations

from collections.abc import Sequence

from nucleate.studies.claims import rises_less_monotonically
from nucleate.studies.evidence import Evidence
from nucleate.studies.networks import MAIN, trained
from nucleate.studies.pictures import Picture, draw_profiles
from nucleate.studies.probes import CLUSTERS
from nucleate.studies.study import Claim, Condition, Scale, Setting, Study
from nucleate.studies.works import Arrangement, Probed


def _setting(scale: Scale, arrangement: Arrangement) -> Setting:
    data = MAIN[scale]
    networks = trained(scale, "ResNet", data, arrangement)
    probes = tuple(Probed(network, data, arrangement, CLUSTERS[scale]) for network in networks)
    return Setting(data, (Condition("ResNet", probes),))


def _draw(evidence: Evidence) -> Sequence[Picture]:
    panels = {
        "AMI": [evidence.profile("ResNet", "ami", parameters="factor=1")],
        "purity": [evidence.profile("ResNet", "purity", parameters="factor=1")],
        "accuracy": [evidence.profile("ResNet", "linear_probe", level="recover")],
    }
    return [draw_profiles("AMI and purity of subclass clusters, and accuracy of the linear probe, by depth.", panels)]


A_FIG1 = Study(
    id="A-fig1",
    title="Do cluster scores follow the linear probe?",
    section="4",
    paper="AMI and purity of subclass clusters and linear-probe accuracy at each block of a ResNet-50 trained on "
    "entity-13-shuffled.",
    ours={"small": "A ResNet of nine blocks on digits, three seeds.", "paper": "As the paper, three seeds."},
    settings={"small": (_setting("small", "shuffled"),), "paper": (_setting("paper", "shuffled"),)},
    claims=(
        Claim(
            "Linear-probe accuracy rises almost monotonically with depth; AMI does not.",
            lambda evidence: rises_less_monotonically(
                evidence.profile("ResNet", "ami", parameters="factor=1"),
                evidence.profile("ResNet", "linear_probe", level="recover"),
            ),
        ),
    ),
    draw=_draw,
)

STUDIES = (A_FIG1,)
