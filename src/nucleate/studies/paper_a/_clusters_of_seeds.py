"""Nguyen & Kornblith 2023, Figures H.4 to H.7: the clusters of several seeds, layer against layer and by sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nucleate.studies._evidence import Evidence, hidden_layers
from nucleate.studies.claims import Finding, corresponding_layers_agree_best, stages_agree_as_layers_do
from nucleate.studies.declare import CLUSTERS, MAIN, THIRD, Claim, Condition, Probed, Scale, Setting, Study, trained
from nucleate.studies.figures import Picture, draw_clusters, draw_grid
from nucleate.studies.paper_a._between_seeds import between_seeds
from nucleate.studies.paper_a._pairs_of_seeds import layer_pairs

VGG, RESNET = "VGG", "ResNet"
SUPERCLASS: Mapping[str, str] = {"fashion-mnist": "tops", "nonliving26": "ball"}
"""Data -> the superclass whose clusters are shown."""


def _setting(scale: Scale) -> Setting:
    data = MAIN[scale]
    conditions = (
        Condition(name, tuple(Probed(network, data, options=CLUSTERS[scale]) for network in trained(scale, name, data)))
        for name in (VGG, RESNET)
    )
    return Setting(data, tuple(conditions))


def _corresponding_agree_best(evidence: Evidence) -> Finding:
    return corresponding_layers_agree_best(layer_pairs(evidence.of(VGG)))


def _stages_agree(evidence: Evidence) -> Finding:
    runs = evidence.of(RESNET)
    return stages_agree_as_layers_do(layer_pairs(runs), [stage_of(layer) for layer in hidden_layers(runs)])


def stage_of(layer: str) -> str:
    """The stage of a block of a ResNet.

    Examples
    --------
    >>> stage_of("layer3.1"), stage_of("output")
    ('layer3', 'output')
    """
    return layer.partition(".")[0]


def _draw_pairs(evidence: Evidence) -> Sequence[Picture]:
    pictures = []
    for name in evidence.conditions:
        runs = evidence.of(name)[:2]
        layers = hidden_layers(runs)
        rows = dict(zip(layers, layer_pairs(runs)[0].tolist(), strict=True))
        caption = f"{name}: adjusted Rand index between the clusters of every layer of seed 1 (rows) and of seed 2."
        pictures.append(draw_grid(caption, rows, layers))
    return pictures


def _draw_clusters(evidence: Evidence) -> Sequence[Picture]:
    (condition,) = evidence.conditions
    runs = evidence.of(condition)
    superclass = SUPERCLASS[evidence.setting.data[0]]
    layer = last_block(runs[0].layer_names)
    shown = {f"Seed {number}": (run, layer) for number, run in enumerate(runs, 1)}
    caption = f"The clusters of {superclass} at {layer}, one seed below the other."
    return [draw_clusters(caption, shown, superclass)]


def last_block(layers: Sequence[str]) -> str:
    """The last layer before the output.

    Examples
    --------
    >>> last_block(["layer1.0", "layer1.1", "output"])
    'layer1.1'
    """
    return [layer for layer in layers if layer != "output"][-1]


A_FIGH4 = Study(
    id="A-figH4",
    title="Which layers of two seeds find the same clusters?",
    section="H",
    paper="The adjusted Rand index between the clusters of every pair of layers of two seeds of VGG-16, and of two of "
    "ResNet-50, trained on entity-13.",
    ours={
        "small": "A VGG of six convolutions without normalisation and a ResNet of nine blocks on digits. One pair of "
        "seeds is drawn, claims are tested on all pairs of three.",
        "paper": "One pair of seeds is drawn as in the paper, claims are tested on all pairs of three.",
    },
    settings={"small": (_setting("small"),), "paper": (_setting("paper"),)},
    claims=(
        Claim("In VGG, corresponding layers of two seeds agree better than other pairs.", _corresponding_agree_best),
        Claim(
            "In ResNet, other layers of the same stage agree across seeds as well as corresponding ones.", _stages_agree
        ),
    ),
    draw=_draw_pairs,
)

A_FIGH5 = Study(
    id="A-figH5",
    title="What do the clusters of several seeds look like?",
    section="H",
    paper="Figures H.5 to H.7: images from the four clusters of the superclass ball of nonliving-26 at the last block "
    "of ResNet-50, for three seeds.",
    ours={
        "small": "The tops of Fashion-MNIST at the last block of a ResNet of nine blocks, two seeds.",
        "paper": "As the paper.",
    },
    settings={
        "small": (between_seeds("small", RESNET, THIRD["small"], ("natural",)),),
        "paper": (between_seeds("paper", RESNET, THIRD["paper"], ("natural",)),),
    },
    claims=(),
    draw=_draw_clusters,
)

STUDIES = (A_FIGH4, A_FIGH5)
