"""`nucleate report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nucleate.cli._flags import names, tell_report


def report(
    run: Path,
    /,
    *runs: Path,
    layers: str = "",
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Write the HTML report of a run folder again, or one report that compares several runs.

    Example: nucleate report runs/resnet50 --layers layer2.0,layer4.2

    Parameters
    ----------
    run
        Run folder.
    runs
        More run folders, to be compared with the first.
    layers
        Layers whose clusters and hubs are shown with their samples, with commas between them; default the layer of
        highest AMI, and that of the strongest hubs.
    out
        Where the report goes; default report.html in the first run folder.
    """
    from nucleate.pipeline import Run
    from nucleate.reports import report as write_report

    tell_report(write_report([Run(path) for path in (run, *runs)], layers=names(layers), out=out))
