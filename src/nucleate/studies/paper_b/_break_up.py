"""Doimo et al. 2020, Appendix A.6: the density peaks that appear during the transition."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nucleate.pipeline import Run
from nucleate.reports.content import read_layer
from nucleate.reports.figures import draw_composition
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, breaks_up_by_kind
from nucleate.studies.declare import Claim, Study
from nucleate.studies.figures import WIDTH, Picture
from nucleate.studies.paper_b._density_peaks import framed
from nucleate.studies.paper_b._neighborhoods import OURS, the_run
from nucleate.studies.paper_b._networks import one_network
from nucleate.studies.paper_b._pair_agreement import companions_of_classes
from nucleate.studies.paper_b._profiles import labels_of, peaks_of, stages

MOST_ROWS = 40
"""Peaks whose composition is drawn, the most populous ones."""


def _around_transition(run: Run) -> tuple[str, str, str]:
    """The last block before the last stage, and the two layers that follow."""
    before = list(stages(run).values())[-2][-1]
    at = run.layer_names.index(before)
    first, second, third = run.layer_names[at : at + 3]
    return first, second, third


def _break_up(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    classes, groups = labels_of(run), labels_of(run, run.levels[0])
    first, second, third = (
        companions_of_classes(classes, groups, peaks_of(run, layer)) for layer in _around_transition(run)
    )
    return breaks_up_by_kind(second[1], first[0], third[0])


def _draw_break_up(evidence: Evidence) -> Sequence[Picture]:
    run = the_run(evidence)
    layers = [read_layer(run, layer) for layer in _around_transition(run)]
    drawings = []
    for found in layers:
        largest = sorted(range(len(found.rows)), key=lambda peak: -found.rows[peak].population)[:MOST_ROWS]
        drawings.append((found.layer, draw_composition(found, largest[::-1], WIDTH)))
    rows = [
        (found.layer, peak.number, label, size)
        for found in layers
        for peak in found.rows
        for label, _, size in peak.labels
    ]
    table = pl.DataFrame(rows, schema=["layer", "peak", "class", "samples"], orient="row")
    caption = (
        "What density peaks are made of at three layers around the transition, from the smallest to the largest peak "
        f"(at most {MOST_ROWS}): parts of a bar are classes, those of one superclass in one colour."
    )
    return [Picture(caption, framed(drawings, layers[-1]), table)]


B_FIGA5 = Study(
    id="B-figA5",
    title="Which peaks appear during the transition?",
    section="A.6",
    paper="Size and main classes of the density peaks at layers 142, 145 and 148 of ResNet-152.",
    ours=OURS,
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim(
            "Peaks of several classes that are related appear first, and break up into peaks of single classes.",
            _break_up,
        ),
    ),
    draw=_draw_break_up,
)

STUDIES = (B_FIGA5,)
