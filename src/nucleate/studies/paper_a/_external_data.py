"""Nguyen & Kornblith 2023, Sections 5.2 and 6.1: what networks make of data they were not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, all_of, exceeds, exceeds_between, falls_below
from nucleate.studies.declare import (
    ALL_OF_IMAGENET,
    WITHOUT_LABELS,
    Claim,
    Condition,
    Scale,
    Setting,
    Study,
    told_subclasses,
    trained,
)
from nucleate.studies.figures import Picture
from nucleate.studies.paper_a._external import (
    BANDS,
    CHANCE,
    EXTERNAL,
    by_data,
    data_of,
    draw_external,
    draw_means,
    over_factors,
    probed_externally,
)

SETS: Mapping[Scale, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "small": {
        "digits": ("digits", EXTERNAL["small"]),
        "Fashion-MNIST": ("fashion-mnist", ("modmnist-digits", "grocery-grey", "digits")),
    },
    "paper": {
        "Entity-13": ("entity13-4", EXTERNAL["paper"]),
        "Living-17": ("living17", EXTERNAL["paper"]),
        "Nonliving-26": ("nonliving26", EXTERNAL["paper"]),
    },
}
"""Name in the legend -> data that networks are trained on, data that are external to them."""

COLOURED: Mapping[Scale, tuple[str, ...]] = {
    "small": ("fashion-mnist", "modmnist-digits", "grocery", "digits"),
    "paper": EXTERNAL["paper"],
}
"""Data for a network that sees colours."""

SHARED = {("digits", "moved digits"), ("Entity-13", "Oxford-IIIT Pets"), ("Living-17", "Oxford-IIIT Pets")}
"""Networks and external data whose classes are among the networks' subclasses."""

FINE_GRAINED = ("groceries", "Oxford-IIIT Pets", "Cars196")
"""External data whose classes are kinds of one thing."""

SUPERCLASSES, SUBCLASSES = "superclasses", "subclasses"
IMAGENET, BYOL = "ImageNet", "BYOL"
SAME_IMAGES: tuple[str, ...] = (f"digits, {SUPERCLASSES}", IMAGENET)
"""Networks told labels of the images that BYOL is trained on, the first one that a setting has."""
MARGINAL = 0.05
"""Purity that one can see in a figure, and call little."""


def _setting(scale: Scale) -> Setting:
    conditions = []
    for name, (data, external) in SETS[scale].items():
        for level, networks in (
            (SUPERCLASSES, trained(scale, "ResNet", data)),
            (SUBCLASSES, told_subclasses(scale, data)),
        ):
            conditions.append(Condition(f"{name}, {level}", probed_externally(networks, external)))
    conditions += [
        Condition(IMAGENET, probed_externally([ALL_OF_IMAGENET[scale]], COLOURED[scale])),
        Condition(BYOL, probed_externally([WITHOUT_LABELS[scale]], EXTERNAL[scale])),
    ]
    return Setting("external", tuple(conditions))


def _pairs(evidence: Evidence) -> Iterator[tuple[str, str, str, str]]:
    """Name and external data of networks told superclasses, told subclasses."""
    for condition in evidence.conditions:
        name, _, level = condition.partition(", ")
        if level == SUPERCLASSES:
            for data in data_of(evidence, condition):
                yield name, data, condition, f"{name}, {SUBCLASSES}"


def gains_little(evidence: Evidence) -> Finding:
    """Whether subclass labels help, but little, where external classes are not among them."""
    gains = [
        float((by_data(evidence, fine, "purity", [data]) - by_data(evidence, coarse, "purity", [data]))[0])
        for name, data, coarse, fine in _pairs(evidence)
        if (name, data) not in SHARED
    ]  # fmt: skip
    what, of = "The gain in purity from subclass labels", "networks on data sets"
    parts = [
        exceeds(gains, 0, what=what, unit="purity", of=of),
        falls_below(gains, MARGINAL, what=what, unit="purity", of=of),
    ]
    return all_of(parts, "There is a gain, and it is small")


def gains_much_where_classes_are_shared(evidence: Evidence) -> Finding:
    """Whether subclass labels help more than a little where external classes are among them."""
    parts = [
        exceeds_between(
            over_factors(evidence, fine, data, "purity"), over_factors(evidence, coarse, data, "purity"), MARGINAL,
            what=f"The gain in purity from subclass labels of {name} on {data}", unit="purity",
        )
        for name, data, coarse, fine in _pairs(evidence)
        if (name, data) in SHARED
    ]  # fmt: skip
    return all_of(parts, "There is a gain worth having wherever classes are shared")


def beats_less_data(evidence: Evidence) -> Finding:
    """Whether BYOL clusters external data better than each network that was told labels of fewer images."""
    parts = []
    for condition in evidence.conditions:
        if condition not in (BYOL, IMAGENET):
            sets = data_of(evidence, BYOL, condition)
            gain = by_data(evidence, BYOL, "purity", sets) - by_data(evidence, condition, "purity", sets)
            parts.append(exceeds(gain, 0, what=f"{BYOL} minus {condition}", unit="purity", of="data sets"))
    return all_of(parts, "BYOL is purer than every network that was told labels of fewer images")


def labels_help_in_detail(evidence: Evidence) -> Finding:
    """Whether, of the same images, a network told labels clusters fine-grained data better than BYOL."""
    told = next(name for name in SAME_IMAGES if name in evidence.conditions)
    sets = [data for data in data_of(evidence, told, BYOL) if data in FINE_GRAINED]
    what = f"{told} minus {BYOL} on {', '.join(sets)}"
    if len(sets) == 1:
        labelled, unlabelled = (over_factors(evidence, name, sets[0], "purity") for name in (told, BYOL))
        return exceeds_between(labelled, unlabelled, 0, what=what, unit="purity")
    gains = by_data(evidence, told, "purity", sets) - by_data(evidence, BYOL, "purity", sets)
    return exceeds(gains, 0, what=what, unit="purity", of="data sets")


def _draw(evidence: Evidence) -> Sequence[Picture]:
    means = draw_means(
        evidence, "ami", "AMI of the clusters of external data (columns), mean over 1 to 10 clusters per class."
    )
    pictures = [means]
    for name in dict.fromkeys(name for name, *_ in _pairs(evidence)):
        caption = (
            f"Trained on {name}: purity of the clusters of external data by the number of clusters per class, beside "
            f"{IMAGENET}, {BYOL} and {CHANCE}. {BANDS}"
        )
        shown = (f"{name}, {SUPERCLASSES}", f"{name}, {SUBCLASSES}", IMAGENET, BYOL)
        pictures.append(draw_external(evidence, "purity", caption, only=shown))
    return pictures


A_FIG3 = Study(
    id="A-fig3",
    title="Do finer labels help to cluster data of other kinds?",
    section="5.2 and 6.1",
    paper="ResNet-50s trained on superclasses or on subclasses of entity-13, living-17 and nonliving-26, a ResNet-50 "
    "trained on all classes of ImageNet, and BYOL trained on ImageNet without labels. The penultimate embeddings of "
    "four external data sets (tf_flowers, UC Merced, Oxford-IIIT Pets, Cars196) are cut into f times as many clusters "
    "as there are classes, f from 1 to 10, and scored by purity.",
    ours={
        "small": "A ResNet of nine blocks trained on superclasses or on subclasses of digits (three seeds and one) and "
        "of Fashion-MNIST (two and one); EfficientNet-Lite0 for ImageNet; BYOL trained on digits, so that nothing says "
        "how BYOL on more data compares. External data: Fashion-MNIST, digits moved about a canvas, photos of "
        "groceries, digits. Moved digits stand for Pets, whose classes a network has met; groceries for fine-grained "
        "data. Small networks see pictures of 32 pixels in grey; EfficientNet-Lite0 sees "
        "photos as they are.",
        "paper": "As the paper, three seeds of each trained network; ImageNet by the ResNet-50 of torchvision, BYOL by "
        "a file of the authors' weights, checkpoints/byol-resnet50.pth in the folder of data.",
    },
    settings={"small": (_setting("small"),), "paper": (_setting("paper"),)},
    claims=(
        Claim("Training on subclasses makes clusters of external data purer, but only a little.", gains_little),
        Claim(
            "Where external classes are among the subclasses, training on these makes clusters much purer.",
            gains_much_where_classes_are_shared,
        ),
        Claim("BYOL finds purer clusters than training on labels of less data.", beats_less_data, scales=("paper",)),
        Claim(
            "Of the same images, training on labels gives purer clusters of fine-grained data than BYOL.",
            labels_help_in_detail,
        ),
    ),
    draw=_draw,
)

STUDIES = (A_FIG3,)
