"""The density peaks of one layer, with the labels of the samples that belong to each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from nucleate.clusters import Peaks
from nucleate.pipeline import Run
from nucleate.reports.content._palette import CHANCE, SERIES, VARIABLES

DRAWN = 300  # peaks beyond which no figure can be read
ENDS = ("input", "output")
OTHER = "other"


@dataclass(frozen=True)
class Colouring:
    """A colour for each class of one level; the rarest share one where there are many classes.

    Attributes
    ----------
    level : str
    colours : dict
        Class -> a value for `fill`.
    places : tuple of (str, str)
        The legend: class and the name of its swatch's style; rare classes as "other".
    """

    level: str
    colours: Mapping[str, str]
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Peak:
    """One peak.

    Attributes
    ----------
    number : int
        From 1, densest first.
    id : str
        The sample at the peak.
    population : int
    log_density : float
    halo : int
        How many of its samples are less dense than its densest saddle.
    labels : tuple of (str, str, int)
        Leaf class, the class it is coloured by, and how many samples; most frequent first. Empty without labels.
    """

    number: int
    id: str
    population: int
    log_density: float
    halo: int
    labels: tuple[tuple[str, str, int], ...]

    @property
    def name(self) -> str:
        """Its most frequent leaf class, or its number."""
        return self.labels[0][0] if self.labels else f"peak {self.number}"

    @property
    def purity(self) -> float | None:
        """The share of that class."""
        return self.labels[0][2] / self.population if self.labels else None

    @property
    def shares(self) -> dict[str, int]:
        """How many samples each class of the colours' level has, most frequent first."""
        found: dict[str, int] = {}
        for _, above, count in self.labels:
            found[above] = found.get(above, 0) + count
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True)
class PeakLayer:
    """The peaks of one layer as they are drawn.

    Attributes
    ----------
    layer, place : str
        Its name, and what makes it worth a look.
    at_request : Peaks
        At the confidence that the run asked for.
    shown : Peaks
        At the same confidence, or the lowest at which they can be drawn.
    rows : tuple of Peak
    colouring : Colouring or None
        None without labels.
    """

    layer: str
    place: str
    at_request: Peaks
    shown: Peaks
    rows: tuple[Peak, ...]
    colouring: Colouring | None

    def colour(self, name: str | None) -> str:
        """What a class is drawn with; everything is, where there are no labels."""
        if self.colouring is None or name is None:
            return f"var({VARIABLES[SERIES[0]]})"
        return self.colouring.colours[name]

    def main_colour(self, peak: Peak) -> str:
        """The colour of a peak's most frequent class."""
        return self.colour(next(iter(peak.shares), None))


def peak_layer(run: Run) -> PeakLayer | None:
    """The peaks of the last layer before the output that has some; None where no layer has, or too many to draw."""
    scores = run.scores("peaks").drop_nulls("value")
    having = [layer for layer in scores["layer"] if has_peaks(run, layer)]
    inner = [layer for layer in having if layer not in ENDS]
    if not having:
        return None
    layer = (inner or having)[-1]
    place = "the last probed layer before the output" if inner else f"the network’s {layer}"
    found = read_layer(run, layer, place=place)
    return found if len(found.rows) <= DRAWN else None


def has_peaks(run: Run, layer: str) -> bool:
    """Whether the run folder holds what the peaks of a layer are read from."""
    return run.has("peaks", layer) and run.has("neighbors", layer)


def read_layer(run: Run, layer: str, *, place: str = "", most: int = DRAWN) -> PeakLayer:
    """The peaks of a layer, as many as can be drawn, with their labels and colours."""
    found = run.peaks(layer)
    shown = drawable(found, most)
    samples = run.samples[run.landscape(layer)["row"].to_list()]
    colouring = coloured(samples, run.levels)
    rows = peak_rows(samples, shown, leaf=run.levels[-1] if run.levels else None, colouring=colouring)
    return PeakLayer(layer, place, found, shown, tuple(rows), colouring)


def drawable(peaks: Peaks, most: int = DRAWN) -> Peaks:
    """The same peaks, or those at the lowest confidence that leaves at most so many, in steps of a hundredth."""
    surplus = len(peaks.landscape.centers) - most
    if len(peaks.centers) <= most or surplus > len(peaks.merges):
        return peaks
    z = float(peaks.merges.thresholds[surplus - 1]) / (2 * peaks.landscape.error)
    return peaks.at(math.floor(100 * z + 1) / 100)


def coloured(samples: pl.DataFrame, levels: Sequence[str]) -> Colouring | None:
    """Colours of the finest level above the leaves that has few enough classes, else of the coarsest."""
    if not levels:
        return None
    above = levels[:-1] or levels
    few = [level for level in above if samples[level].n_unique() <= len(SERIES) - 1]
    level = few[-1] if few else above[0]
    counted = samples.group_by(level).len().sort(["len", level], descending=[True, False])[level].to_list()
    own = len(SERIES) - 1
    colours = {name: f"var(--series-{place})" for place, name in enumerate(counted[:own], 1)}
    legend = [(name, f"series-{place}") for place, name in enumerate(counted[:own], 1)]
    rest = counted[own:]
    colours |= dict.fromkeys(rest, f"var({VARIABLES[CHANCE]})")
    return Colouring(level, colours, tuple(legend + [(OTHER, "rare")] * bool(rest)))


def peak_rows(samples: pl.DataFrame, peaks: Peaks, *, leaf: str | None, colouring: Colouring | None) -> Sequence[Peak]:
    ids = samples["id"].cast(pl.String).to_list()
    halo = np.bincount(peaks.labels, weights=peaks.halo, minlength=len(peaks.centers))
    labels: list[list[tuple[str, str, int]]] = [[] for _ in peaks.centers]
    if leaf is not None and colouring is not None:
        above = dict(samples.select(leaf, above=colouring.level).unique().rows())
        table = peaks.composition(samples[leaf].to_numpy())
        classes = sorted(above)
        for code, peak, count in zip(table.classes, table.clusters, table.counts, strict=True):
            labels[peak].append((classes[code], above[classes[code]], int(count)))
    return [
        Peak(
            number + 1, ids[center], int(peaks.populations[number]), float(peaks.log_density[center]),
            int(halo[number]), tuple(sorted(labels[number], key=lambda part: (-part[2], part[0]))),
        )
        for number, center in enumerate(peaks.centers)
    ]  # fmt: skip
