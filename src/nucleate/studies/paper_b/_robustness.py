"""Doimo et al. 2020, Appendices A.2 and A.3: other neighbourhoods and sample sizes, and overlap with chosen layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from nucleate.measures import overlap
from nucleate.pipeline import Run
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import (
    Finding,
    LayerProfile,
    all_of,
    correlates,
    exceeds,
    layers_to_half,
    trend_correlations,
    trends_agree,
)
from nucleate.studies.declare import Claim, Study
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_b._neighborhoods import OURS, the_run
from nucleate.studies.paper_b._networks import one_network
from nucleate.studies.paper_b._profiles import (
    by_class,
    class_level,
    label_overlap_with,
    mean_alone,
    overlap_by_class,
    stages,
)

AGREE = 0.8
"""Spearman correlation from which on two profiles are taken to have the same trend."""

# --- Figure A.1


def _sizes(run: Run) -> list[int]:
    """All numbers of neighbours, from the smallest to the largest."""
    request = run.about["request"]
    return sorted({request["k"], *request["more_k"]})


def _output_overlap_with(run: Run, k: int) -> LayerProfile:
    theirs = run.neighbors("output", k)
    layers = [layer for layer in run.layer_names if layer != "output"]
    name = f"overlap with the output, k = {k}"
    return by_class(run, name, layers, lambda layer: overlap(run.neighbors(layer, k), theirs).per_sample)


def _same_for_sizes(evidence: Evidence) -> Finding:
    """For every number of neighbours but the largest, which is about the size of a class."""
    run = the_run(evidence)
    k = run.about["request"]["k"]
    others = [size for size in _sizes(run)[:-1] if size != k]
    parts = [
        trends_agree([profile(run, size) for size in others], profile(run, k))
        for profile in (label_overlap_with, _output_overlap_with)
    ]
    return all_of(parts, "For other numbers of neighbours")


def _largest_is_blurred(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    k, largest = run.about["request"]["k"], _sizes(run)[-1]
    usual, large = (np.ptp(label_overlap_with(run, size).values, axis=1) for size in (k, largest))
    what = f"The height of the rise of overlap with the labels at k = {k} minus that at k = {largest}"
    return exceeds(usual - large, 0.05, what=what, unit="overlap", of="classes")


def _by_sample_size(evidence: Evidence) -> dict[str, list[LayerProfile]]:
    """Mean overlaps with the labels and with the output of ever larger samples, the whole last."""
    run = the_run(evidence)
    k, shares = run.about["request"]["k"], run.about["request"]["subsample"]
    overlaps = {
        "Overlap with the labels": (run.scores("label_overlap", level=class_level(run)), ""),
        "Overlap with the output": (run.scores("overlap"), " with=output"),
    }
    found = {}
    for panel, (scores, role) in overlaps.items():
        asked = [rf"^k=\d+{role} subsample={share:g}$" for share in shares] + [rf"^k={k}{role}$"]
        found[panel] = [_of_size(scores.filter(pl.col("parameters").str.contains(pattern))) for pattern in asked]
    return found


def _of_size(scores: pl.DataFrame) -> LayerProfile:
    own = scores.drop_nulls("value").sort("depth")
    k = own["parameters"][0].split()[0].removeprefix("k=")
    values = own["value"].to_numpy()[None]
    return LayerProfile(f"n = {own['n'][0]}, k = {k}", tuple(own["layer"]), own["depth"].to_numpy(), values, "samples")


def _same_for_fewer(evidence: Evidence) -> Finding:
    parts = []
    for panel, (*fewer, whole) in _by_sample_size(evidence).items():
        correlations = np.concatenate([trend_correlations(profile, whole) for profile in fewer])
        name = f"{panel[0].lower()}{panel[1:]} of fewer samples with that of all"
        parts.append(correlates(correlations, name, AGREE, "sample sizes"))
    return all_of(parts, "For fewer samples")


def _draw_sizes(evidence: Evidence) -> Sequence[Picture]:
    run = the_run(evidence)
    panels = {
        "Overlap with the labels": [mean_alone(label_overlap_with(run, k), f"k = {k}") for k in _sizes(run)],
        "Overlap with the output": [mean_alone(_output_overlap_with(run, k), f"k = {k}") for k in _sizes(run)],
    }
    return [
        draw_profiles("The same overlaps with other numbers of neighbours.", panels, measure="overlap"),
        draw_profiles(
            "The same overlaps with fewer samples: as many times fewer classes as samples of each, and neighbours.",
            _by_sample_size(evidence),
            measure="overlap",
        ),
    ]


B_FIGA1 = Study(
    id="B-figA1",
    title="Does it hang on the number of neighbours, or of images?",
    section="A.2",
    paper="Overlap with the labels and with the output of ResNet-152 for several numbers of neighbours up to 300, and "
    "for several numbers of images at one ratio of classes to images per class.",
    ours={**OURS, "paper": "As the paper; the numbers between its ends are ours."},
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim("The trends of both overlaps are the same over a wide range of numbers of neighbours.", _same_for_sizes),
        Claim("With as many neighbours as a class has images, the transition is less clear.", _largest_is_blurred),
        Claim("The trends of both overlaps are the same for fewer images.", _same_for_fewer),
    ),
    draw=_draw_sizes,
)

# --- Figure A.2


def _with_reference(run: Run, reference: str) -> LayerProfile:
    """Overlap of every layer with one of them, which has all neighbours in common with itself."""

    def values(layer: str) -> np.ndarray:
        if layer == reference:
            return np.ones(len(run.rows))
        return run.overlaps(layer)[f"overlap_reference={reference}"].to_numpy()

    return by_class(run, f"with {reference}", run.layer_names, values)


def _renewal(run: Run) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Share of neighbours that a step inside each stage replaces, and one from a stage to the next, for each class."""
    following = overlap_by_class(run, "next", "overlap with the next layer")
    replaced = dict(zip(following.layers, 1 - following.values.T, strict=True))
    found = stages(run)
    longer = {stage: own for stage, own in found.items() if len(own) > 1}
    inside = {stage: np.mean([replaced[block] for block in own[:-1]], axis=0) for stage, own in longer.items()}
    return inside, np.mean([replaced[own[-1]] for own in list(found.values())[:-1]], axis=0)


def _last_stage_is_faster(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    *earlier, last = (reference.rpartition(".")[0] for reference in run.about["request"]["references"])
    inside, _ = _renewal(run)
    effects = inside[last] - np.mean([inside[stage] for stage in earlier], axis=0)
    what = f"The share of neighbours that a block of {last} replaces minus that of {' and '.join(earlier)}"
    return exceeds(effects, 0.05, what=what, unit="share of neighbours", of="classes")


def _between_stages(evidence: Evidence) -> Finding:
    inside, between = _renewal(the_run(evidence))
    what = "The share of neighbours that a step to the next stage replaces minus that of a step inside a stage"
    effects = between - np.mean(list(inside.values()), axis=0)
    return exceeds(effects, 0.05, what=what, unit="share of neighbours", of="classes")


def _draw_references(evidence: Evidence) -> Sequence[Picture]:
    run = the_run(evidence)
    profiles = {name: _with_reference(run, name) for name in run.about["request"]["references"]}
    told = []
    for name, profile in profiles.items():
        steps = float(layers_to_half(mean_alone(profile, name), name)[0])
        left = len(profile.layers) - 1 - profile.layers.index(name)
        told.append(f"from {name} over {f'{steps:.1f}' if np.isfinite(steps) else f'more than the {left} that follow'}")
    caption = (
        f"Overlap of neighbourhoods with those of chosen layers. Half of the neighbours change {', '.join(told)} "
        "layers. Bands: 95 % intervals over classes."
    )
    return [draw_profiles(caption, {"Overlap with chosen layers": list(profiles.values())}, measure="overlap")]


B_FIGA2 = Study(
    id="B-figA2",
    title="How many layers change half of the neighbours?",
    section="A.3",
    paper="Overlap of all layers of ResNet-152 with layers 25, 88 and 148, in stages conv3, conv4 and conv5: half of "
    "the neighbours change over about 20, 30 and 1 layers.",
    ours={
        **OURS,
        "small": f"{OURS['small']} Small networks are too short to lose half of the neighbours inside a stage: what is "
        "compared is the share that one block replaces.",
    },
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim("Neighbours change faster in the last stage than in the stages before.", _last_stage_is_faster),
        Claim("Neighbours also change between two blocks where images are downsampled.", _between_stages),
    ),
    draw=_draw_references,
)

STUDIES = (B_FIGA1, B_FIGA2)
