"""The studies as a table."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, get_args

import polars as pl

from nucleate.studies._catalogue import studies
from nucleate.studies.declare import Scale, Trained, find
from nucleate.studies.execute import record_of


def list_studies(*, data: str | PathLike[str] | None = None, out: str | PathLike[str] | None = None) -> pl.DataFrame:
    """Every study in every setting.

    Parameters
    ----------
    data : path, optional
        The folder of data sets.
    out : path, optional
        The folder of the studies.

    Returns
    -------
    polars.DataFrame
        Columns study, title, section, scale, setting, trainings, probes, data (names), missing (those of them that the
        folder of data does not hold), done (whether the outcome is there).
    """
    rows = []
    for study in studies().values():
        for scale in get_args(Scale):
            for setting in study.settings.get(scale, ()):
                trainings = sum(isinstance(work, Trained) for work in setting.works)
                missing = [name for name in setting.data if not find(name).is_in(Path(data) if data else None)]
                done = out is not None and record_of(Path(out), study.id, scale, setting.name).exists()
                rows.append(
                    (study.id, study.title, study.section, scale, setting.name, trainings,
                     len(setting.works) - trainings, list(setting.data), missing, done)
                )  # fmt: skip
    strings = pl.List(pl.String)
    schema: dict[str, Any] = {
        "study": pl.String, "title": pl.String, "section": pl.String, "scale": pl.String, "setting": pl.String,
        "trainings": pl.Int64, "probes": pl.Int64, "data": strings, "missing": strings, "done": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
