"""Nguyen & Kornblith 2023, Section 6.2 and Appendix F: squared error in the place of softmax cross-entropy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, all_of, drops_only_at_end, exceeds, exceeds_between
from nucleate.studies.declare import (
    CLUSTERS,
    MAIN,
    SECOND,
    Arrangement,
    Claim,
    Condition,
    Probed,
    Scale,
    Setting,
    Study,
    Trained,
    squared_error,
    trained,
)
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_a._cluster_scores import ami
from nucleate.studies.paper_a._external import (
    BANDS,
    EXTERNAL,
    by_data,
    data_of,
    draw_external,
    over_factors,
    probed_externally,
)

SOFTMAX, SQUARED = "softmax", "squared error"
FIGURE_5 = {"small": ("fashion-mnist", "grocery-grey"), "paper": ("uc-merced", "pets")}


def _networks(scale: Scale, data: str, arrangement: Arrangement) -> dict[str, tuple[Trained, ...]]:
    return {
        SOFTMAX: trained(scale, "ResNet", data, arrangement),
        SQUARED: squared_error(scale, data, arrangement),
    }


def _within(scale: Scale, data: str, arrangement: Arrangement) -> Setting:
    conditions = (
        Condition(name, tuple(Probed(network, data, arrangement, CLUSTERS[scale]) for network in networks))
        for name, networks in _networks(scale, data, arrangement).items()
    )
    return Setting(data, tuple(conditions))


def _outside(scale: Scale, data: str, arrangement: Arrangement, external: Sequence[str]) -> Setting:
    conditions = (
        Condition(name, probed_externally(networks, external))
        for name, networks in _networks(scale, data, arrangement).items()
    )
    return Setting(data, tuple(conditions))


def _draw_within(evidence: Evidence) -> Sequence[Picture]:
    profiles = [ami(evidence, name) for name in evidence.conditions]
    caption = "AMI of subclass clusters by depth, trained with softmax cross-entropy or squared error. " + BANDS
    return [draw_profiles(caption, {"AMI": profiles}, measure="ami")]


def _draw_outside(evidence: Evidence) -> Sequence[Picture]:
    return [
        draw_external(
            evidence, "ami", f"AMI of the clusters of external data by the number of clusters per class. {BANDS}"
        ),
        draw_external(evidence, "purity", f"Purity of the same clusters, and that of shuffled labels. {BANDS}"),
    ]


def drops_at_the_end(evidence: Evidence) -> Finding:
    """Whether squared error has the AMI profile of softmax, except for a drop in the last layers."""
    squared, softmax = (ami(evidence, name) for name in (SQUARED, SOFTMAX))
    return drops_only_at_end(squared, softmax, unit="AMI")


def transfers_worse(evidence: Evidence) -> Finding:
    """Whether squared error clusters external data worse, on average; data sets are the repetitions."""
    sets = data_of(evidence)
    loss = by_data(evidence, SOFTMAX, "ami", sets) - by_data(evidence, SQUARED, "ami", sets)
    return exceeds(loss, 0, what=f"Softmax minus {SQUARED}, over {', '.join(sets)}", unit="AMI", of="data sets")


def transfers_worse_everywhere(evidence: Evidence) -> Finding:
    """Whether squared error clusters every external data set worse; seeds are the repetitions."""
    parts = [
        exceeds_between(
            over_factors(evidence, SOFTMAX, data, "ami"), over_factors(evidence, SQUARED, data, "ami"), 0,
            what=f"Softmax minus {SQUARED} on {data}", unit="AMI",
        )
        for data in data_of(evidence)
    ]  # fmt: skip
    return all_of(parts, "Squared error is worse on every data set")


SMALL = "A ResNet of nine blocks on digits, {} subclasses: {} seeds with softmax, {} with squared error."
WITHIN = Claim(
    "With squared error, AMI is that of softmax at most layers, and drops in the last ones.", drops_at_the_end
)
OUTSIDE = (
    Claim("Squared error clusters external data worse than softmax.", transfers_worse),
    Claim("Squared error clusters each of the external data sets worse.", transfers_worse_everywhere),
)


def _study(
    number: str, title: str, *, section: str, paper: str, small: str, at: Callable[[Scale], Setting],
    claims: tuple[Claim, ...], draw: Callable[[Evidence], Sequence[Picture]],
) -> Study:  # fmt: skip
    return Study(
        id=f"A-fig{number}",
        title=title,
        section=section,
        paper=paper,
        ours={"small": small, "paper": "As the paper, three seeds of each."},
        settings={"small": (at("small"),), "paper": (at("paper"),)},
        claims=claims,
        draw=draw,
    )


NATURAL, SHUFFLED = SMALL.format("natural", "three", "two"), SMALL.format("shuffled", "three", "one")
PICTURES = " External data: {}, at 32 pixels in grey."
ALL = "Fashion-MNIST, digits moved about a canvas and photos of groceries"
LOSSES = "A ResNet-50 trained on {} with squared error and one with softmax cross-entropy: "

STUDIES = (
    _study(
        "4", "Does squared error change where subclasses part?", section="6.2",
        paper=LOSSES.format("living-17") + "AMI of subclass clusters at each block.", small=NATURAL,
        at=lambda scale: _within(scale, {"small": MAIN, "paper": SECOND}[scale][scale], "natural"),
        claims=(WITHIN,), draw=_draw_within,
    ),
    _study(
        "F2", "Does squared error change where shuffled subclasses part?", section="F",
        paper=LOSSES.format("entity-13-shuffled") + "AMI of subclass clusters at each block.", small=SHUFFLED,
        at=lambda scale: _within(scale, MAIN[scale], "shuffled"), claims=(WITHIN,), draw=_draw_within,
    ),
    _study(
        "5", "Does squared error cluster external data worse?", section="6.2",
        paper=LOSSES.format("living-17") + "AMI of the clusters of UC Merced and Oxford-IIIT Pets.",
        small=NATURAL + PICTURES.format("Fashion-MNIST and photos of groceries"),
        at=lambda scale: _outside(scale, {"small": MAIN, "paper": SECOND}[scale][scale], "natural", FIGURE_5[scale]),
        claims=OUTSIDE, draw=_draw_outside,
    ),
    _study(
        "F1", "Does squared error cluster all external data worse?", section="F",
        paper=LOSSES.format("living-17") + "AMI of the clusters of all four external data sets.",
        small=NATURAL + PICTURES.format(ALL),
        at=lambda scale: _outside(scale, {"small": MAIN, "paper": SECOND}[scale][scale], "natural", EXTERNAL[scale]),
        claims=OUTSIDE, draw=_draw_outside,
    ),
    _study(
        "F3", "Does squared error on shuffled subclasses cluster external data worse?", section="F",
        paper=LOSSES.format("entity-13-shuffled") + "AMI of the clusters of all four external data sets.",
        small=SHUFFLED + PICTURES.format(ALL),
        at=lambda scale: _outside(scale, MAIN[scale], "shuffled", EXTERNAL[scale]),
        claims=OUTSIDE, draw=_draw_outside,
    ),
)  # fmt: skip
