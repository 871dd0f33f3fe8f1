"""Doimo et al. 2020, Section 3.1: how neighbourhoods change with depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from nucleate.pipeline import Run
from nucleate.reports.figures import draw_histograms, histograms
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, LayerProfile, all_of, coexist_at, dips_at, stays_near_then_rises
from nucleate.studies.declare import Claim, Scale, Study, Trained
from nucleate.studies.figures import WIDTH, Picture, draw_profiles
from nucleate.studies.paper_b._networks import NETWORK, architectures, one_network
from nucleate.studies.paper_b._profiles import (
    by_class,
    chance_of_labels,
    class_level,
    label_overlap_by_class,
    overlap_by_class,
    transition,
)

SMALL = (
    "A small ResNet that learned the ten classes of digits (k = 10) and of Fashion-MNIST (300 training images of each "
    "class, k = 30); and EfficientNet-Lite0, trained on ImageNet, with photos of 50 kinds of groceries that it did not "
    "learn, at the 128 pixels a side that they have (k = 8, a quarter of a class, whose tenth would be 3). All layers "
    "are flattened. Repetitions are classes."
)
PAPER = "As the paper; which 300 images of each class is our draw. Repetitions are classes."
OURS: Mapping[Scale, str] = {"small": SMALL, "paper": PAPER}


def the_run(evidence: Evidence) -> Run:
    """The run of a setting with a single network."""
    return evidence.of(NETWORK)[0]


# --- Figure 2a


def _profiles(run: Run) -> tuple[LayerProfile, LayerProfile, LayerProfile]:
    return (
        label_overlap_by_class(run),
        overlap_by_class(run, "output", "overlap with the output"),
        overlap_by_class(run, "next", "overlap with the next layer"),
    )


def _labels_jump(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    return stays_near_then_rises(label_overlap_by_class(run), chance_of_labels(run))


def _output_jumps(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    return stays_near_then_rises(_profiles(run)[1], run.about["request"]["k"] / (len(run.rows) - 1))


def _next_dips(evidence: Evidence) -> Finding:
    labels, _, following = _profiles(the_run(evidence))
    return dips_at(following, tuple(dict.fromkeys((following.layers[0], transition(labels)[0]))))


B_FIG2A = Study(
    id="B-fig2a",
    title="Do neighbourhoods change smoothly, or all at once?",
    section="3.1",
    paper="Overlap of each layer's neighbourhoods (k = 30) with the labels, with the output and with the next layer, "
    "in ResNet-152 for 90,000 training images of 300 classes of ImageNet.",
    ours=OURS,
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim("Overlap with the labels stays near zero and jumps in the last layers.", _labels_jump),
        Claim("Overlap with the output stays near zero and rises in the last layers.", _output_jumps),
        Claim("Overlap with the next layer dips at the first layer and at the transition.", _next_dips),
    ),
    draw=lambda evidence: [
        draw_profiles(
            "Overlap of neighbourhoods with the labels, with the output and with the next layer, by depth. Bands: 95 % "
            "intervals over classes.",
            {"Overlap of neighbourhoods": _profiles(the_run(evidence))},
            measure="overlap",
        )
    ],
)

# --- Figure 2b


def _shares(run: Run) -> tuple[LayerProfile, LayerProfile]:
    column = f"label_overlap_{class_level(run)}"

    def values(layer: str) -> np.ndarray:
        return run.overlaps(layer)[column].to_numpy()

    return (
        by_class(run, "disordered samples (overlap up to 0.2)", run.layer_names, lambda layer: values(layer) <= 0.2),
        by_class(run, "ordered samples (overlap from 0.8)", run.layer_names, lambda layer: values(layer) >= 0.8),
    )


def _coexist(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    return coexist_at(*_shares(run), transition(label_overlap_by_class(run))[1])


def _draw_histograms(evidence: Evidence) -> Sequence[Picture]:
    found = histograms(the_run(evidence))
    table = pl.DataFrame(
        [(each.layer, bin_, share) for each in found for bin_, share in enumerate(each.shares.tolist())],
        schema=["layer", "bin", "share"],
        orient="row",
    )
    caption = (
        "Share of a sample's neighbours with its label: how it spreads over samples, in percent, at the first layer, "
        "before and after the steepest rise, and at the last. Dashed: chance level of the mean."
    )
    return [Picture(caption, str(draw_histograms(found, WIDTH)), table)]


B_FIG2B = Study(
    id="B-fig2b",
    title="Do ordered and disordered neighbourhoods coexist at the transition?",
    section="3.1",
    paper="Histograms of single images' overlap with the labels in the input, before and after the transition (layers "
    "142 and 151 of ResNet-152), and in the output.",
    ours=OURS,
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim(
            "After the transition some samples are ordered while others are not yet; at the input none is ordered, at "
            "the output all are.",
            _coexist,
        ),
    ),
    draw=_draw_histograms,
)

# --- Figure 2c


def _learned(evidence: Evidence, condition: str) -> tuple[LayerProfile, float]:
    """Overlap with the labels that a network was told, and its chance level."""
    (probe,), (run,) = evidence.probes(condition), evidence.of(condition)
    told = isinstance(probe.network, Trained) and probe.network.learns == "superclass"
    level = run.levels[0] if told else class_level(run)
    return label_overlap_by_class(run, level, condition), chance_of_labels(run, level)


def _all_jump(evidence: Evidence) -> Finding:
    parts = [stays_near_then_rises(*_learned(evidence, name)) for name in evidence.conditions]
    return all_of(parts, "In every architecture")


B_FIG2C = Study(
    id="B-fig2c",
    title="Is the transition common to architectures?",
    section="3.1",
    paper="Overlap with the labels at the landmarks of six ResNets and VGGs of different depths.",
    ours={
        "small": "Small networks that learned superclasses of digits (ResNet, three VGGs, ViT) and of Fashion-MNIST "
        "(ResNet, VGG); overlap is that with superclasses. Repetitions are classes.",
        "paper": "The text names the two families: we take ResNet-34, -50, -101 and -152, VGG-16 and -19. Repetitions "
        "are classes.",
    },
    settings={"small": architectures("small"), "paper": architectures("paper")},
    claims=(
        Claim("In every architecture overlap with the labels stays near zero and jumps towards the end.", _all_jump),
    ),
    draw=lambda evidence: [
        draw_profiles(
            "Overlap of neighbourhoods with the labels that the network learned. Bands: 95 % intervals over classes.",
            {"Overlap with the labels": [_learned(evidence, name)[0] for name in evidence.conditions]},
            measure="label_overlap",
        )
    ],
)

STUDIES = (B_FIG2A, B_FIG2B, B_FIG2C)
