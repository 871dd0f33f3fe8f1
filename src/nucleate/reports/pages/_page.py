"""Runs -> one HTML file that needs nothing but itself."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from nucleate.errors import RunError, UsageError
from nucleate.measures import MEASURES
from nucleate.pipeline import Run
from nucleate.reports.content import _curves as curves
from nucleate.reports.content import _summary as facts
from nucleate.reports.content import _tables as tables
from nucleate.reports.figures import Cluster, LayerGallery, galleries, inline_svg, profile_chart
from nucleate.reports.figures import _hubs as hubs
from nucleate.reports.pages import _linear_probes as probes
from nucleate.reports.pages import _overlap_curves as nucleation
from nucleate.reports.pages._algorithms import Algorithm, algorithms, compared_algorithms
from nucleate.reports.pages._consistency import Consistency, consistency
from nucleate.reports.pages._document import fill_template
from nucleate.reports.pages._neighbor_section import NeighborSection, neighbor_section
from nucleate.reports.pages._peak_section import PeakSection, peak_gallery, peak_section
from nucleate.storage import commit, digest_bytes, write_bytes

LIMIT = 25 * 2**20
PICTURE_BYTES = 14 * 2**20
WIDE, NARROW = 740, 340
FAILED_SHOWN = 100

Source = Run | str | os.PathLike[str]


@dataclass(frozen=True)
class Figure:
    """Curves, drawn for wide and for narrow screens, and their numbers."""

    number: int
    curves: curves.Curves
    wide: Markup
    narrow: Markup
    table: tables.DataTable


@dataclass(frozen=True)
class RunPage:
    """What the page says about one run; the template turns it into words."""

    id: str
    name: str
    run: Run
    path: str
    probed: list[tuple[str, str]]
    left_out: list[str]
    missing: list[tuple[str, list[str], str]]
    best: facts.Best | None
    reachable: Mapping[str, float]
    figures: Mapping[str, Figure | None]
    neighbors: NeighborSection
    scatter: probes.Scatter | None
    hubs: Sequence[hubs.Hubs]
    peaks: PeakSection | None
    peak_strips: Sequence[Cluster]
    superclasses: list[tables.Superclass]
    heat: tables.HeatMap | None
    algorithms: list[Algorithm]
    galleries: list[LayerGallery]


@dataclass(frozen=True)
class Comparison:
    """What the page says about several runs together."""

    rows: list[tables.Compared]
    differences: list[tuple[str, list[str]]]
    figures: Mapping[str, Figure | None]
    consistency: Consistency


def report(
    runs: Source | Sequence[Source], *, layers: Sequence[str] = (), out: str | os.PathLike[str] | None = None
) -> Path:
    """Write a report of one run, or of several to compare them.

    One HTML file of at most 25 MB: it opens from disk without a network, without JavaScript, on paper and on a phone.
    The same run folders give the same bytes.

    Parameters
    ----------
    runs : Run, path or sequence of them
        Finished run folders.
    layers : sequence of str, optional
        Layers whose clusters and hubs are shown, sample by sample; default each run's best layer for clusters, and that
        of the strongest hubs.
    out : path, optional
        The file; default `report.html` in the (first) run folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        When there is no run, one is given twice, or none has a layer that was asked for.
    RunError
        When so many runs do not fit one page.
    RunFolderError
        When a path is no finished run folder.
    StorageError
        When the file cannot be written.
    """
    chosen = _runs(runs)
    _check_layers(chosen, layers)
    folder = chosen[0].folder
    if out is not None:
        path = Path(out)
        write_bytes(path, render(chosen, beside=path.parent, layers=layers))
        return path
    content = render(chosen, beside=folder.root, layers=layers)
    commit(folder.report_record, {folder.report.name: content}, fingerprint=digest_bytes(content))
    return folder.report


def render(runs: Sequence[Run], *, beside: Path, layers: Sequence[str] = ()) -> bytes:
    """The bytes of a report; `beside` is the folder it will lie in, from which paths are told. For `layers` see
    `report`."""
    names = facts.run_names([run.root for run in runs])
    named = dict(zip(names, runs, strict=True))
    counter = iter(range(1, 1000))
    bests = {name: facts.best(run) for name, run in named.items()}
    comparison = _comparison(named, bests, counter) if len(runs) > 1 else None
    pages = [
        _page(f"run-{place}", name, run, best=bests[name], beside=beside, counter=counter)
        for place, (name, run) in enumerate(named.items(), 1)
    ]
    bare = _fill(pages, comparison)
    room = min(PICTURE_BYTES, LIMIT - 2**20 - len(bare)) // len(pages)
    pages = [_illustrated(page, layers, budget=room) for page in pages]
    data = _fill(pages, comparison)
    if len(data) > LIMIT:
        raise RunError(f"The report of {len(runs)} runs would take {len(data) >> 20} MB", "Compare fewer runs at once")
    return data


def _runs(runs: Source | Sequence[Source]) -> list[Run]:
    given: Sequence[Source] = [runs] if isinstance(runs, Run | str | os.PathLike) else list(runs)
    found = [run if isinstance(run, Run) else Run(Path(run)) for run in given]
    if not found:
        raise UsageError("A report was asked for without a run", "Pass a run folder")
    roots = [run.root.resolve() for run in found]
    for root in roots:
        if roots.count(root) > 1:
            raise UsageError(f"The run folder {root} is given twice", "Pass each run once")
    return found


def _check_layers(runs: Sequence[Run], layers: Sequence[str]) -> None:
    for layer in layers:
        if not any(layer in run.layer_names for run in runs):
            runs[0].layer(layer)  # says what there is


def _page(anchor: str, name: str, run: Run, *, best: facts.Best | None, beside: Path, counter: Any) -> RunPage:
    superclasses = tables.superclasses(run, best.layer) if best else []
    scored = [row.name for row in superclasses if row.reason is None]
    drawn = {
        "agreement": curves.agreement(run),
        "overclustering": curves.overclustering(run),
        "algorithms": compared_algorithms(run),
        "probe": probes.accuracy(run),
        "probe_clusters": probes.beside_clusters(run),
        "labels": curves.label_overlap(run),
        "neighborhoods": nucleation.formation(run),
    }
    figures = _figures(drawn, counter)
    neighbors = neighbor_section(run, counter)
    drawn = {
        "references": nucleation.references(run),
        "sizes": nucleation.sizes(run),
        "subsamples": nucleation.subsamples(run),
        "alignment": nucleation.alignment(run),
        "bandwidths": nucleation.bandwidths(run),
        "landscape": curves.landscape(run),
        "estimators": nucleation.estimators(run),
        "scales": nucleation.scales(run),
        "entropy": nucleation.entropy(run),
        "others": curves.other_measures(run),
    }
    figures |= _figures(drawn, counter)
    return RunPage(
        id=anchor,
        name=name,
        run=run,
        path=path_from(run.root, beside),
        probed=facts.probed(run),
        left_out=facts.left_out(run),
        missing=facts.missing(run),
        best=best,
        reachable=facts.reachable(run),
        figures=figures,
        neighbors=neighbors,
        scatter=probes.scatter(run),
        hubs=(),
        peaks=peak_section(run, counter),
        peak_strips=(),
        superclasses=superclasses,
        heat=tables.heat_map(run, scored) if best else None,
        algorithms=algorithms(run, best.layer) if best else [],
        galleries=[],
    )


def path_from(root: Path, beside: Path) -> str:
    """How the page's folder leads to a run folder, so that both can move together."""
    try:
        return Path(os.path.relpath(root.resolve(), beside.resolve())).as_posix()
    except ValueError:  # two drives of Windows
        return root.resolve().as_posix()


def _comparison(named: Mapping[str, Run], bests: Mapping[str, facts.Best | None], counter: Any) -> Comparison:
    drawn = {
        "clusters": curves.compared_clusters(named),
        "formation": nucleation.compared(named),
        "labels": curves.compared_labels(named),
        "neighborhoods": curves.compared_neighborhoods(named),
        "landscape": curves.compared_landscapes(named),
        "others": curves.compared_others(named),
    }
    found = consistency(named)
    drawn["consistency"] = found.curves
    return Comparison(tables.compared(named, bests), facts.differences(named), _figures(drawn, counter), found)


def _figures(drawn: Mapping[str, curves.Curves], counter: Any) -> dict[str, Figure | None]:
    return {name: draw_figure(next(counter), shown) if shown else None for name, shown in drawn.items()}


def draw_figure(number: int, shown: curves.Curves) -> Figure:
    """Curves as a figure of a page."""
    across = shown.across or "layers"
    label = f"Figure {number}: lines for {', '.join(shown.names)}, against {across}. A table of its numbers follows."
    wide, narrow = (inline_svg(profile_chart(shown, width=width), label=label) for width in (WIDE, NARROW))
    return Figure(number, shown, wide, narrow, tables.data_table(shown))


def _illustrated(page: RunPage, layers: Sequence[str], *, budget: int) -> RunPage:
    """The page with its pictures: most of the room is for the clusters."""
    chosen: list[str | None] = [layer for layer in layers if layer in page.run.layer_names]
    chosen = chosen or [None]
    each = (hubs.hubs(page.run, budget=budget // 10 // len(chosen), layer=layer) for layer in chosen)
    found = [one for one in each if one is not None]
    strips = peak_gallery(page.run, page.peaks.found, budget=budget * 3 // 10) if page.peaks else ()
    return replace(page, hubs=found, peak_strips=strips, galleries=_galleries(page, layers, budget=budget * 6 // 10))


def _galleries(page: RunPage, layers: Sequence[str], *, budget: int) -> list[LayerGallery]:
    if page.best is None:
        return []
    chosen = [layer for layer in layers if layer in page.run.layer_names] or [page.best.layer]
    groups = [row.name for row in page.superclasses if not row.reason]
    share = budget // len(chosen)
    return [LayerGallery(layer, tuple(galleries(page.run, layer, groups, budget=share))) for layer in chosen]


def _fill(pages: Sequence[RunPage], comparison: Comparison | None) -> bytes:
    return fill_template(
        "page.html.j2",
        pages=pages,
        comparison=comparison,
        measures=MEASURES,
        measured={name for page in pages for name in page.run.profile["measure"].unique()},
        failed_shown=FAILED_SHOWN,
    )
