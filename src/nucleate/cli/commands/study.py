"""`nucleate study`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from nucleate.cli._flags import Quiet, how, reporter_for, what, where

study = App(
    name="study", sort_key=5, help="Repeat the experiments of the two papers, each with a verdict on what they claim."
)

Ids = Annotated[tuple[str, ...], Parameter(group=what, negative="")]
DataFolder = Annotated[Path | None, Parameter(name=["--data", "-d"], group=what)]
OutFolder = Annotated[Path, Parameter(name=["--out", "-o"], group=what)]
Scale = Annotated[Literal["small", "paper"], Parameter(name=["--scale", "-s"], group=how)]


@study.command(name="list", sort_key=1)
def list_(
    *,
    data: DataFolder = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"], group=what)] = None,
) -> None:
    """List the studies: id, section, question, and the data of each scale.

    Parameters
    ----------
    data
        Folder of data sets: marks what is missing in it.
    out
        Folder of the studies: marks what is done in it.
    """
    from nucleate import studies
    from nucleate.cli.actions import show_list

    table = studies.list_studies(data=data, out=out)
    show_list(table, asks_missing=data is not None, asks_done=out is not None)


@study.command(sort_key=2)
def run(
    *ids: Annotated[str, Parameter(group=what)],
    out: OutFolder,
    scale: Scale = "small",
    data: DataFolder = None,
    plan: Annotated[bool, Parameter(negative="", group=how)] = False,
    device: Annotated[str, Parameter(group=where)] = "auto",
    workers: Annotated[int | None, Parameter(group=where)] = None,
    memory: Annotated[float | None, Parameter(group=where)] = None,
    quiet: Quiet = False,
) -> None:
    """Run studies: train and probe what they need, each once, and say which claims hold.

    Writes trainings, probes, outcomes and a report into one folder, where later studies find what they share. Killed
    at any moment, the same command goes on where it stopped.

    Example: nucleate study run all --data data/ --out studies/

    Parameters
    ----------
    ids
        Studies, as A-fig2, or all.
    out
        Folder of the studies.
    scale
        small takes small data and networks, and within an hour for all on two cores; paper is the authors' protocol.
    data
        Folder of data sets; docs/studies.md says how they lie in it. Without it, only built-in data can be used.
    plan
        Say what would be done, how long it takes and how much disk, and stop.
    device
        auto, cpu, cuda or mps.
    workers
        Threads that decode images; default one per processor.
    memory
        Gigabytes of memory that may be used; default what is free.
    quiet
        Say nothing but the verdicts and errors.
    """
    from nucleate import studies
    from nucleate.cli.actions import show_plan, tell_run

    if plan:
        found = studies.plan(ids, scale=scale, data=data, out=out, device=device, memory=memory)
        show_plan(found)
        return
    tell_run(
        studies.run(
            ids, scale=scale, data=data, out=out, reporter=reporter_for(quiet), device=device, workers=workers,
            memory=memory,
        )
    )  # fmt: skip


@study.command(sort_key=3)
def report(
    *,
    out: OutFolder,
    form: Annotated[Literal["html", "markdown", "summary"], Parameter(name="--format", group=how)] = "html",
) -> None:
    """Write the report of everything that is done in a folder of studies, or print its verdicts as Markdown.

    Parameters
    ----------
    out
        Folder of the studies.
    form
        html writes report.html and verdicts.md there; markdown prints the table of verdicts, summary one row per claim.
    """
    from nucleate import studies
    from nucleate.cli.actions import tell_report_of

    tell_report_of(studies.report(out), form)
