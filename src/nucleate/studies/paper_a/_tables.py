"""Nguyen & Kornblith 2023, Tables A.1, B.1 and G.1: data sets, clustering algorithms, accuracies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np
import polars as pl
from jaxtyping import Float

from nucleate.data.readers import natural_digits
from nucleate.labels import Hierarchy
from nucleate.pipeline.folder import mean_interval
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, all_of, exceeds
from nucleate.studies.declare import (
    ARCHITECTURES,
    BEFORE_LAST_RAW,
    MAIN,
    SECOND,
    SIZES,
    SMALL_SEEDS,
    THIRD,
    Arrangement,
    Claim,
    Condition,
    Probed,
    Scale,
    Setting,
    Study,
    Trained,
    natural_fashion,
    trained,
)
from nucleate.studies.figures import Picture, draw_grid
from nucleate.studies.paper_a._cluster_scores import FACTOR
from nucleate.studies.paper_a._shuffled_superclasses import ARRANGEMENTS, SCALES
from nucleate.training import TrainingRun

DATA: Mapping[Scale, tuple[str, ...]] = MappingProxyType(
    {scale: tuple(dict.fromkeys(names[scale] for names in (SECOND, THIRD, MAIN))) for scale in SCALES}
)
"""The data sets that networks are trained on, and how many images are learned and clustered."""

HIERARCHIES: Mapping[str, Callable[[], Hierarchy]] = MappingProxyType(
    {
        "digits": natural_digits,
        "fashion-mnist": natural_fashion,
        **{name: partial(Hierarchy.breeds, name) for name in DATA["paper"]},
    }
)

ALGORITHMS: Mapping[str, str] = MappingProxyType(
    {
        "k-means": f"{FACTOR} algorithm=kmeans",
        "Ward linkage": FACTOR,
        "average linkage": f"{FACTOR} algorithm=average",
        "complete linkage": f"{FACTOR} algorithm=complete",
        "single linkage": f"{FACTOR} algorithm=single",
    }
)
"""Name in the table -> the rows of a profile."""

WARD, KMEANS, SINGLE = "Ward linkage", "k-means", "single linkage"
VGG = "VGG"


def _draw_data(evidence: Evidence) -> Sequence[Picture]:
    rows = [_about(name) for name in evidence.setting.name.split(", ")]
    return [
        Picture(
            "The data sets that networks are trained on, and how many images are learned and clustered.",
            "",
            pl.DataFrame(rows),
        )
    ]


def _about(name: str) -> dict[str, object]:
    hierarchy, size = HIERARCHIES[name](), SIZES[name]
    superclasses = [path[-2] for path in hierarchy.paths]
    names = list(dict.fromkeys(superclasses))
    counts = sorted({superclasses.count(one) for one in names})
    return {
        "data set": name,
        "superclasses": len(names),
        "subclasses each": " to ".join(map(str, dict.fromkeys((counts[0], counts[-1])))),
        "learned": size.train,
        "clustered": size.evaluation,
        "names of superclasses": ", ".join(one.partition(",")[0] for one in names),
    }


def _algorithms(scale: Scale, data: str) -> Setting:
    probes = tuple(Probed(network, data, options=BEFORE_LAST_RAW) for network in trained(scale, VGG, data))
    return Setting(data, (Condition(VGG, probes),))


def purity_by(evidence: Evidence, algorithm: str) -> Float[np.ndarray, " seeds"]:
    """Purity of the clusters that an algorithm finds before the last layer, mean over superclasses."""
    return evidence.profile(VGG, "purity", parameters=ALGORITHMS[algorithm]).values[:, 0]


def _ward_is_best(evidence: Evidence) -> Finding:
    """k-means is an equal in the paper, so that Ward linkage may lie a hundredth below it."""
    ward = purity_by(evidence, WARD)
    parts = [
        exceeds(ward - purity_by(evidence, name), -0.01 if name == KMEANS else 0, what=f"{WARD} minus {name}",
                unit="purity")
        for name in ALGORITHMS if name != WARD
    ]  # fmt: skip
    return all_of(parts, "Ward linkage is as pure as any")


def _single_is_worst(evidence: Evidence) -> Finding:
    single = purity_by(evidence, SINGLE)
    parts = [
        exceeds(purity_by(evidence, name) - single, 0, what=f"{name} minus {SINGLE}", unit="purity")
        for name in ALGORITHMS if name != SINGLE
    ]  # fmt: skip
    return all_of(parts, "Every other algorithm is purer than single linkage")


def _draw_algorithms(evidence: Evidence) -> Sequence[Picture]:
    rows = []
    for name, parameters in ALGORITHMS.items():
        values = purity_by(evidence, name)
        chance = evidence.profile(VGG, "purity", parameters=parameters, column="chance").values[:, 0]
        low, high = mean_interval(values) or (None, None)
        rows.append((name, float(values.mean()), low, high, float(chance.mean()), len(values)))
    schema = {"algorithm": pl.String, "purity": pl.Float64, "low": pl.Float64, "high": pl.Float64,
              "purity of shuffled labels": pl.Float64, "seeds": pl.Int64}  # fmt: skip
    caption = (
        "Purity of as many clusters as subclasses inside each superclass, before the last layer of VGG, its rows not "
        "brought to unit norm: mean over seeds and its 95 % interval."
    )
    return [Picture(caption, "", pl.DataFrame(rows, schema=schema, orient="row"))]


def _accuracies(scale: Scale) -> Setting:
    networks = [
        network
        for data in DATA[scale]
        for arrangement in ARRANGEMENTS
        for architecture in ARCHITECTURES
        if _in_table(scale, architecture, data, arrangement)
        for network in trained(scale, architecture, data, arrangement)
    ]
    return Setting(", ".join(DATA[scale]), (), tuple(networks))


def _in_table(scale: Scale, architecture: str, data: str, arrangement: Arrangement) -> bool:
    """Whether a network is trained for another figure anyway, as in the paper's table."""
    if scale == "small":
        return (architecture, data, arrangement) in SMALL_SEEDS
    return data == MAIN[scale] or (architecture in ("ResNet", VGG) and arrangement == "natural")


def accuracy(run: TrainingRun) -> float:
    """Accuracy on held-out images at the level that was learned, after the last epoch."""
    held_out = (pl.col("split") != "batches") & (pl.col("split") != "train")
    found = run.curves.filter(held_out & (pl.col("level") == run.level) & pl.col("group").is_null())
    return float(found.sort("epoch")["accuracy"][-1])


def _draw_accuracies(evidence: Evidence) -> Sequence[Picture]:
    found: dict[tuple[str, str], list[float]] = {}
    for network in evidence.setting.trainings:
        found.setdefault((_architecture(network), _column(network)), []).append(accuracy(evidence.trainings[network]))
    columns = list(dict.fromkeys(column for _, column in found))
    rows = {
        name: [float(np.mean(found[name, column])) if (name, column) in found else None for column in columns]
        for name in ARCHITECTURES
    }
    return [draw_grid("Share of held-out images put into the right superclass, mean over seeds.", rows, columns)]


def _architecture(network: Trained) -> str:
    return next(name for name, built in ARCHITECTURES.items() if network.network in built.values())


def _column(network: Trained) -> str:
    return network.data if network.arrangement == "natural" else f"{network.data}, shuffled"


TAB_A1 = Study(
    id="A-tabA1",
    title="Which data sets are networks trained on?",
    section="A",
    paper="Number of superclasses, of subclasses in each, and the names of the superclasses in living-17, nonliving-26 "
    "and entity-13.",
    ours={
        "small": "The data sets that stand for these in other studies at this scale.",
        "paper": "As the paper, with the number of images; only the first of several names of a superclass.",
    },
    settings={scale: (Setting(", ".join(DATA[scale]), ()),) for scale in SCALES},
    claims=(),
    draw=_draw_data,
)

TAB_B1 = Study(
    id="A-tabB1",
    title="Which clustering recovers subclasses best?",
    section="B",
    paper="Purity of k-means and of agglomerative clustering with four linkages, of raw embeddings from the "
    "penultimate layer of VGG-16s trained on entity-13, living-17 and nonliving-26.",
    ours={
        "small": "A VGG of six convolutions without normalisation on digits (three seeds) and Fashion-MNIST (two).",
        "paper": "Three seeds.",
    },
    settings={scale: tuple(_algorithms(scale, data) for data in reversed(DATA[scale])) for scale in SCALES},
    claims=(
        Claim("Ward linkage is as pure as k-means, and purer than the other linkages.", _ward_is_best),
        Claim("Single linkage is the least pure.", _single_is_worst),
    ),
    draw=_draw_algorithms,
)

TAB_G1 = Study(
    id="A-tabG1",
    title="How well do networks tell superclasses apart?",
    section="G",
    paper="Superclass accuracy of ResNet-50, VGG-16 without normalisation, with batch norm and with layer norm, and "
    "ViT-B/32, means over three seeds; the latter three on entity-13 and entity-13-shuffled only.",
    ours={
        "small": "The networks that stand for these in other studies at this scale, one to three seeds of each.",
        "paper": "As the paper.",
    },
    settings={scale: (_accuracies(scale),) for scale in SCALES},
    claims=(),
    draw=_draw_accuracies,
)

STUDIES = (TAB_A1, TAB_B1, TAB_G1)
