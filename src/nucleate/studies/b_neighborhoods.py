"""Doimo et al. 2020, Sections 3.1 and 3.2: how neighbourhoods change with depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from nucleate.errors import RunError
from nucleate.measures import hubness
from nucleate.pipeline import Run
from nucleate.report.document import fill_fragment
from nucleate.report.histograms import draw_histograms, histograms
from nucleate.report.hubs import hubs
from nucleate.report.nucleation import ESTIMATE
from nucleate.studies.b_networks import NETWORK, architectures, one_network
from nucleate.studies.b_profiles import (
    by_class,
    chance_of_labels,
    class_level,
    entropy_by_class,
    inner_layers,
    label_overlap_by_class,
    level_profile,
    overlap_by_class,
    transition,
)
from nucleate.studies.claims import coexist_at, dips_at, dips_below, stays_near_then_rises
from nucleate.studies.claims.alignment import after
from nucleate.studies.evidence import Evidence
from nucleate.studies.pictures import WIDTH, Picture, draw_profiles
from nucleate.studies.profiles import LayerProfile
from nucleate.studies.study import Claim, Scale, Study
from nucleate.studies.verdicts import Finding, all_of, exceeds, falls_below
from nucleate.studies.works import Trained

SMALL = (
    "A small ResNet that learned the ten classes of digits (k = 10) and of Fashion-MNIST (300 training images of each "
    "class, k = 30); and EfficientNet-Lite0, trained on ImageNet, with photos of 50 kinds of groceries that it did not "
    "learn (k = 8, a quarter of a class, whose tenth would be 3). All layers are flattened. Repetitions are classes."
)
PAPER = "As the paper; which 300 images of each class is our draw. Repetitions are classes."
OURS: Mapping[Scale, str] = {"small": SMALL, "paper": PAPER}
LOST = 0.1
"""Overlap below which neighbours count as others."""

BYTES = 2**19
"""Of the hub images in one picture."""


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

# --- Figure 3


def _input_is_lost(evidence: Evidence) -> Finding:
    profile = overlap_by_class(the_run(evidence), "input", "overlap with the input")
    late = after(profile, 1 / 3)
    what = f"The overlap with the input, mean over the layers after a third of the depth ({late.sum()} of them),"
    return falls_below(profile.values[:, late].mean(axis=1), LOST, what=what, unit="overlap", of=profile.repetitions)


def _shuffled(run: Run) -> LayerProfile:
    """The mean entropy of all images: what neighbourhoods would have if they were shuffled."""
    return level_profile(entropy_by_class(run), float(run.entropies["entropy"].mean()), "shuffled neighbours")  # type: ignore[arg-type]


def _entropy_dips(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    return dips_below(entropy_by_class(run), _shuffled(run), unit="bits")


def layer_of_hubs(run: Run) -> str:
    """The layer of highest intrinsic dimension between input and output, where the paper looks for hubs.

    Raises
    ------
    RunError
        When the dimension is known of no such layer.
    """
    scores = run.scores("intrinsic_dimension", parameters=ESTIMATE).drop_nulls("value")
    scores = scores.filter(pl.col("layer").is_in(inner_layers(run)))
    if scores.is_empty():
        raise RunError(
            f"{run.root} has no intrinsic dimension inside the network", "Look at the reasons in its profile"
        )
    return str(scores["layer"][int(scores["value"].arg_max() or 0)])


def _hubs_are_simple(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    layer = layer_of_hubs(run)
    entropies = run.entropies["entropy"].to_numpy()
    top = hubness(run.neighbors(layer), top=16).hubs
    effects = entropies.mean() - entropies[top]
    return exceeds(effects, 0, what=f"The mean entropy of images minus that of hubs at {layer}", unit="bits", of="hubs")


def _draw_entropy(evidence: Evidence) -> Sequence[Picture]:
    run = the_run(evidence)
    ends = [overlap_by_class(run, "input", "with the input"), overlap_by_class(run, "output", "with the output")]
    first = draw_profiles(
        "Overlap of neighbourhoods with the input and with the output. Bands: 95 % intervals over classes.",
        {"Overlap of neighbourhoods": ends},
        measure="overlap",
    )
    second = draw_profiles(
        "Mean entropy of the images in a neighbourhood, and what it would be if neighbours were shuffled. Bands: 95 % "
        "intervals over what each class contributes.",
        {"Image entropy, bits": [entropy_by_class(run), _shuffled(run)]},
        floating=True,
    )
    found = hubs(run, budget=BYTES, layer=layer_of_hubs(run))
    if found is None:
        return [first, second]
    rows = [(hub.sample.id, hub.sample.label, hub.occurrence) for hub in found.shown]
    table = pl.DataFrame(rows, schema=["id", "label", "occurrence"], orient="row")
    caption = (
        f"The images that lie in most neighbourhoods of {found.layer}, the layer of highest intrinsic dimension inside "
        "the network, with in how many."
    )
    return [first, second, Picture(caption, str(fill_fragment("study_hubs.html.j2", hubs=found)), table)]


B_FIG3 = Study(
    id="B-fig3",
    title="What becomes of the structure of the input?",
    section="3.2",
    paper="Overlap with the input and with the output; mean image entropy of neighbourhoods against shuffled ones, and "
    "the most frequent neighbours in stage conv3 of ResNet-152.",
    ours=OURS,
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim("Any overlap with the input is lost after the first third of the network.", _input_is_lost),
        Claim("The entropy of neighbourhoods has its minimum in the middle, below shuffled ones.", _entropy_dips),
        Claim("Hub images are simple: their entropy is low.", _hubs_are_simple),
    ),
    draw=_draw_entropy,
)

STUDIES = (B_FIG2A, B_FIG2B, B_FIG2C, B_FIG3)
