"""Nguyen & Kornblith 2023, Figures D.1 to D.8: what is in the clusters, at four depths."""

from __future__ import annotations

from collections.abc import Sequence

from nucleate.studies._evidence import Evidence
from nucleate.studies.declare import ALL_OF_IMAGENET, PHOTO_CLUSTERS, THIRD, Condition, Probed, Setting, Study
from nucleate.studies.figures import Picture, draw_clusters
from nucleate.studies.paper_a._cluster_scores import clusters_of

SHOWN = {
    "nonliving26": (("layer1.0", "layer2.0", "layer3.0", "layer4.0"), ("boat", "ball")),
    "fashion-mnist": (("layer1.0", "layer2.0", "layer3.0", "layer3.2"), ("tops", "shoes")),
    "grocery": (("blocks.1.0", "blocks.2.0", "blocks.4.0", "blocks.6.0"), ("Apple", "Milk")),
}
"""Data -> four layers from the first stage to the last, and two superclasses."""

NETWORK = "network"


def _draw(evidence: Evidence) -> Sequence[Picture]:
    (data,) = evidence.setting.data
    (run,) = evidence.of(NETWORK)
    layers, superclasses = SHOWN[data]
    return [
        draw_clusters(
            f"The clusters of {superclass} at {', '.join(layers[:-1])} and {layers[-1]}.",
            {f"{superclass}, {layer}": (run, layer) for layer in layers},
            superclass,
        )
        for superclass in superclasses
    ]


STUDIES = (
    Study(
        id="A-figD1",
        title="What do clusters look like, the deeper the layer?",
        section="D",
        paper="Figures D.1 to D.8: images from the four clusters of the superclasses boat and ball of nonliving-26, at "
        "the first block of each stage of a ResNet-50.",
        ours={
            "small": "The tops and the shoes of Fashion-MNIST in a ResNet of nine blocks, at the first block of each "
            "of its three stages and at the last block; apples and milk among photos of groceries in "
            "EfficientNet-Lite0, trained on ImageNet and pooled.",
            "paper": "As the paper, for the first seed.",
        },
        settings={
            "small": (
                Setting(THIRD["small"], (Condition(NETWORK, clusters_of("small", "ResNet", THIRD["small"])[:1]),)),
                Setting(
                    "grocery",
                    (Condition(NETWORK, (Probed(ALL_OF_IMAGENET["small"], "grocery", options=PHOTO_CLUSTERS),)),),
                ),
            ),
            "paper": (
                Setting(THIRD["paper"], (Condition(NETWORK, clusters_of("paper", "ResNet", THIRD["paper"])[:1]),)),
            ),
        },
        claims=(),
        draw=_draw,
    ),
)
