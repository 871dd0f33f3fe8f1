"""`nucleate compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def compare(
    run: Path,
    other: Path,
    /,
    *runs: Path,
    factor: Annotated[int | None, Parameter(name=["--factor", "-f"])] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Say how far runs agree in their clusters: adjusted Rand index inside superclasses, for every pair of layers.

    Prints corresponding layers; every pair of layers goes into the table of --out.

    Parameters
    ----------
    run, other
        Run folders of the same samples.
    runs
        More run folders.
    factor
        Overclustering factor; default the smallest in common.
    out
        CSV or Parquet file for the whole table.
    """
    from nucleate import pipeline
    from nucleate.cli.actions import tell_agreement

    tell_agreement(pipeline.compare([run, other, *runs], factor=factor), out)
