"""Doimo et al. 2020, Section 3.3: how density peaks form, and how they are arranged."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import polars as pl
from scipy.cluster.hierarchy import cophenet
from scipy.spatial.distance import squareform

from nucleate.errors import RunError
from nucleate.reports.content import PeakLayer, read_layer
from nucleate.reports.figures import draw_tree, leaf_order
from nucleate.reports.pages import fill_fragment, layer_maps
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import (
    Estimate,
    Finding,
    LayerProfile,
    all_of,
    decide,
    exceeds,
    falls_as_other_rises,
    is_one_peak_inside,
    mirrors_taxonomy,
    within,
)
from nucleate.studies.declare import Claim, Study
from nucleate.studies.figures import WIDTH, Picture, draw_profiles
from nucleate.studies.paper_b._neighborhoods import OURS, the_run
from nucleate.studies.paper_b._networks import one_network
from nucleate.studies.paper_b._profiles import (
    CLASSES,
    brightness,
    class_level,
    labels_of,
    mean_alone,
    peak_agreement,
    peak_layers,
    peaks_of,
    share_in_largest,
)

MEDIUM = 0.5
"""Of a difference in standard deviations: one that a careful eye sees (Cohen 1988)."""

# --- Figure 4a


def _light_and_dark(evidence: Evidence) -> Finding:
    """Two peaks hold most of the input, and one of them is brighter."""
    run = the_run(evidence)
    labels, light, found = labels_of(run), brightness(run), peaks_of(run, "input")
    sides = [found == peak for peak in np.argsort(-np.bincount(found), kind="stable")[:2]]
    dark, bright = sorted(sides, key=lambda side: float(light[side].mean())) if len(sides) == 2 else (found < 0,) * 2
    own = [labels == code for code in range(labels.max() + 1)]
    differences = [
        light[of_class & bright].mean() - light[of_class & dark].mean()
        for of_class in own
        if (of_class & bright).any() and (of_class & dark).any()
    ]
    held = share_in_largest(run, 2).values[:, 0]
    what = "The difference in brightness between these two, among samples of one class,"
    parts = [
        exceeds(held, 0.5, what="The share of samples in the two largest peaks of the input", of=CLASSES),
        exceeds(
            np.array(differences or [0.0] * len(own)) / light.std(),
            MEDIUM,
            what=what,
            unit="standard deviations",
            of=CLASSES,
        ),
    ]
    return all_of(parts, "The input is split into light and dark images")


def _one_peak_per_class(evidence: Evidence) -> Finding:
    run = the_run(evidence)
    labels, found = labels_of(run), peaks_of(run, run.layer_names[-1])
    table = np.zeros((found.max() + 1, labels.max() + 1), np.int64)
    np.add.at(table, (found, labels), 1)
    counts = np.bincount(table.argmax(axis=1), minlength=table.shape[1])
    what = f"The number of peaks that a class is the most frequent of at {run.layer_names[-1]}, minus one,"
    return within(counts - 1, MEDIUM, what=what, unit="peaks", of=CLASSES)


def _draw_maps(evidence: Evidence) -> Sequence[Picture]:
    run = the_run(evidence)
    maps = layer_maps(run, count(1))
    if maps is None:
        raise RunError(f"{run.root} has density peaks at fewer than two layers", "Look at the reasons in its profile")
    found = read_layer(run, peak_layers(run)[-1])
    places = found.colouring.places if found.colouring else ()
    caption = (
        "Maps of density peaks at layers spread over depth: the area of a disc is its population, its sectors are the "
        "shares of classes; discs are near where the saddle between them is dense. A single peak has no map."
    )
    sizes = {layer: np.bincount(peaks_of(run, layer)).tolist() for layer in peak_layers(run)}
    rows = [(layer, peak, size) for layer, own in sizes.items() for peak, size in enumerate(own)]
    table = pl.DataFrame(rows, schema=["layer", "peak", "population"], orient="row")
    numbers = ", ".join(f"{layer} {len(own)}" for layer, own in sizes.items())
    shares = [
        mean_alone(share_in_largest(run, peaks), name)
        for peaks, name in ((1, "in the largest peak"), (2, "in the two largest peaks"))
    ]
    second = draw_profiles(
        f"Share of the samples in the largest peaks. Numbers of peaks: {numbers}.",
        {"Share of the samples": shares},
        measure="purity",
    )
    return [Picture(caption, str(fill_fragment("study_maps.html.j2", maps=maps, places=places)), table), second]


B_FIG4A = Study(
    id="B-fig4a",
    title="How many density peaks are there, and what do they hold?",
    section="3.3",
    paper="Maps of the density peaks of ResNet-152 at layers 0 (input), 34, 97, 142, 145 and 153 (output).",
    ours=OURS,
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim("The density of the input has two major peaks: light and dark images.", _light_and_dark),
        Claim(
            "In the middle the density has a single peak.",
            lambda evidence: is_one_peak_inside(share_in_largest(the_run(evidence))),
        ),
        Claim("In the output there is about one peak for each class.", _one_peak_per_class),
    ),
    draw=_draw_maps,
)

# --- Figure 4b


def _agreements(evidence: Evidence) -> tuple[LayerProfile, LayerProfile]:
    run = the_run(evidence)
    macro, leaf = run.levels[0], class_level(run)
    return peak_agreement(run, macro, f"ARI with {macro}"), peak_agreement(run, leaf, f"ARI with {leaf}")


def _draw_agreements(evidence: Evidence) -> Sequence[Picture]:
    caption = (
        "Adjusted Rand index of density peaks with the broadest and the finest classes. Bands: 95 % intervals over "
        "what each class contributes."
    )
    return [draw_profiles(caption, {"Adjusted Rand index": _agreements(evidence)}, measure="peak_ari")]


B_FIG4B = Study(
    id="B-fig4b",
    title="Do peaks follow broad classes first, and fine ones later?",
    section="3.3",
    paper="ARI of the density peaks with animals and artefacts, and with the 300 classes, at each layer of ResNet-152.",
    ours=OURS,
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(
        Claim(
            "Agreement with broad classes rises inside the network and falls again, and that with single classes rises "
            "afterwards.",
            lambda evidence: falls_as_other_rises(*_agreements(evidence)),
        ),
    ),
    draw=_draw_agreements,
)

# --- Figure 4c


def _mirrors(evidence: Evidence) -> Finding:
    """Of each class its densest peak, joined as in the dendrogram."""
    found = read_layer(the_run(evidence), the_run(evidence).layer_names[-1])
    chosen = {peak.name: place for place, peak in reversed(list(enumerate(found.rows)))}  # densest first
    places = sorted(chosen.values())
    groups = [found.rows[place].labels[0][1] for place in places]
    heights = (
        squareform(cophenet(found.shown.dendrogram().linkage))[np.ix_(places, places)] if len(places) > 1 else None
    )
    missing = _missing_for_tree(groups, heights)
    if heights is None or missing:
        what = f"The correlation of heights with the taxonomy, which cannot be told since {missing},"
        nothing = Estimate(0.0, None, None, (len(groups),))
        return decide(nothing, "above", 0.2, what=what, unit="correlation", of=CLASSES)
    return mirrors_taxonomy(squareform(heights, checks=False), groups)


def _missing_for_tree(groups: Sequence[str], heights: np.ndarray | None) -> str:
    """What a tree of peaks lacks to be compared with the taxonomy; empty where it lacks nothing."""
    if heights is None or len(groups) < 4:
        return f"{len(groups)} classes have a peak of their own"
    if len(set(groups)) in (1, len(groups)):
        return "no two peaks belong to one superclass, or all do"
    return "" if np.ptp(squareform(heights, checks=False)) > 0 else "no two peaks touch"


def _draw_dendrogram(evidence: Evidence) -> Sequence[Picture]:
    run = the_run(evidence)
    found = read_layer(run, run.layer_names[-1])
    rows = [(peak.number, peak.name, peak.population, peak.log_density, peak.purity) for peak in found.rows]
    table = pl.DataFrame(rows, schema=["peak", "class", "population", "log_density", "purity"], orient="row")
    caption = (
        "The tree of density peaks in the output: each is named by its most frequent class, with its population and "
        "the share of that class; its tip is at its log density, and branches join at the log density of the saddle "
        "between them (WPGMA)."
    )
    if len(found.rows) < 2:
        return [Picture("There is a single density peak in the output, and so no tree.", "", table)]
    drawing = draw_tree(found, leaf_order(found.shown.dendrogram()), WIDTH)
    return [Picture(caption, framed([(found.layer, drawing)], found), table)]


def framed(drawings: Sequence[tuple[str, str]], found: PeakLayer) -> str:
    """Drawings of layers below one another, and what their colours mean."""
    places = found.colouring.places if found.colouring else ()
    return str(fill_fragment("study_rows.html.j2", drawings=drawings, places=places))


B_FIG4C = Study(
    id="B-fig4c",
    title="Does the tree of peaks mirror the taxonomy?",
    section="3.3",
    paper="Dendrogram of the density peaks of the animal classes in the output of ResNet-152.",
    ours={
        **OURS,
        "paper": "All classes, not the animals alone. The correlation of heights with macro classes stands for the "
        "comparison by eye.",
    },
    settings={"small": one_network("small"), "paper": one_network("paper")},
    claims=(Claim("The tree of the peaks in the output mirrors the semantic relations of classes.", _mirrors),),
    draw=_draw_dendrogram,
)

STUDIES = (B_FIG4A, B_FIG4B, B_FIG4C)
