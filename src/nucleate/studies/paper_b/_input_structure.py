"""Doimo et al. 2020, Section 3.2: what becomes of the structure of the input."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nucleate.errors import RunError
from nucleate.measures import hubness
from nucleate.pipeline import Run
from nucleate.reports.figures import hubs
from nucleate.reports.pages import ESTIMATE, fill_fragment
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, LayerProfile, after, dips_below, exceeds, falls_below
from nucleate.studies.declare import Claim, Study
from nucleate.studies.figures import Picture, draw_profiles
from nucleate.studies.paper_b._neighborhoods import OURS, the_run
from nucleate.studies.paper_b._networks import one_network
from nucleate.studies.paper_b._profiles import entropy_by_class, inner_layers, level_profile, overlap_by_class

LOST = 0.1
"""Overlap below which neighbours count as others."""

BYTES = 2**19
"""Of the hub images in one picture."""


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

STUDIES = (B_FIG3,)
