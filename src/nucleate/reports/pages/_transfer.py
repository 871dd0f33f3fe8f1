"""The report of a transfer: how well several networks cluster one data set, factor by factor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.measures import MEASURES
from nucleate.pipeline import Transfer
from nucleate.reports.content import Curve, Curves, Point, title
from nucleate.reports.pages._document import fill_template
from nucleate.reports.pages._page import draw_figure, path_from
from nucleate.storage import write_bytes

SCORES = ("ami", "purity")


@dataclass(frozen=True)
class Clustered:
    """One network in the table.

    Attributes
    ----------
    name : str
    folder : str
        Its run folder, from the report's.
    about : dict
        What its run.json says of the network.
    layer : str
    width : int
        Columns of the layer.
    by_factor : dict
        Factor -> measure -> its row of the profile.
    """

    name: str
    folder: str
    about: Mapping[str, Any]
    layer: str
    width: int
    by_factor: Mapping[int, Mapping[str, Mapping[str, Any]]]

    @property
    def smallest(self) -> Mapping[str, Mapping[str, Any]]:
        """Scores at the smallest factor."""
        return self.by_factor[min(self.by_factor)]

    @property
    def largest(self) -> Mapping[str, Mapping[str, Any]]:
        """Scores at the largest factor."""
        return self.by_factor[max(self.by_factor)]

    @property
    def best(self) -> tuple[int, float] | None:
        """The factor of highest AMI, with it; None where no factor could be cut."""
        values = {factor: scores["ami"]["value"] for factor, scores in self.by_factor.items()}
        known = {factor: value for factor, value in values.items() if value is not None}
        return max(known.items(), key=lambda pair: pair[1]) if known else None


def report_transfer(found: Transfer, *, out: str | os.PathLike[str] | None = None) -> Path:
    """Write the report of a transfer: AMI and purity by factor, one line for each network, and a table.

    Parameters
    ----------
    found : Transfer
    out : path, optional
        The file; default `report.html` in the transfer's folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StorageError
        When the file cannot be written.
    """
    path = Path(out) if out is not None else found.root / "report.html"
    networks = clustered(found, beside=path.parent)
    first = next(iter(found.runs.values()))
    request = first.about["request"]
    analysed = first.samples[first.rows.tolist()]
    shown = by_factor(found)
    write_bytes(
        path,
        fill_template(
            "transfer.html.j2",
            networks=sorted(networks, key=lambda each: -(each.smallest["ami"]["value"] or 0.0)),
            samples=first.about["samples"]["name"],
            request=request,
            count=len(first.rows),
            classes=analysed[request["recover"]].n_unique(),
            failed=first.failed.height,
            figure=draw_figure(1, shown) if shown else None,
            measures={name: MEASURES[name] for name in (*SCORES, "ari")},
        ),
    )
    return path


def by_factor(found: Transfer) -> Curves:
    """AMI and purity against the overclustering factor, one curve for each network."""
    curves = []
    for measure in SCORES:
        for name, run in found.runs.items():
            rows = _rows(run.profile, measure).drop_nulls("value")
            points = tuple(
                Point(str(factor), float(factor), value, None, None, chance)
                for factor, value, chance in rows.select("factor", "value", "chance").rows()
            )
            if points:
                curves.append(Curve(title(measure), name, f"{title(measure)}, {name}", measure, points))
    return Curves(tuple(curves), {}, bands=False, across="overclustering factor")


def clustered(found: Transfer, *, beside: Path) -> list[Clustered]:
    """The table's rows, in the order of the runs; `beside` is the folder from which paths are told."""
    rows = []
    for name, run in found.runs.items():
        scores: dict[int, dict[str, Mapping[str, Any]]] = {}
        for measure in (*SCORES, "ari"):
            for row in _rows(run.profile, measure).iter_rows(named=True):
                scores.setdefault(row["factor"], {})[measure] = row
        folder = path_from(run.root, beside)
        layer = run.layers.row(0, named=True)
        rows.append(Clustered(name, folder, run.about["network"], layer["name"], layer["kept"], scores))
    return rows


def _rows(profile: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Ward's scores over all samples, with the factor as a number."""
    return profile.filter(
        (pl.col("measure") == measure) & pl.col("group").is_null() & pl.col("parameters").str.contains(r"^factor=\d+$")
    ).with_columns(pl.col("parameters").str.extract(r"(\d+)").cast(pl.Int64).alias("factor"))
