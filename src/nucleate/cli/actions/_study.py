"""What `nucleate study` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nucleate.cli._flags import tell_report
from nucleate.errors import RunError
from nucleate.studies.execute import StudiesPlan, StudiesRun, duration, few, outcomes
from nucleate.studies.publish import TABLE, VerdictRow, as_summary, verdict_rows

STYLES = {"confirmed": "bold blue", "refuted": "bold red", "undecided": "dim"}
"""Of verdicts; their words and signs stand without colour."""


def show_list(table: pl.DataFrame, *, asks_missing: bool, asks_done: bool) -> None:
    """Print the studies, one row each, with the settings of both scales."""
    shown = _table("id", "§", "what is asked", "small scale", "paper scale")
    for (id_, title, section), rows in table.group_by("study", "title", "section", maintain_order=True):
        cells = [
            "\n".join(_setting(row, asks_missing, asks_done) for row in rows.filter(scale=scale).iter_rows(named=True))
            for scale in ("small", "paper")
        ]
        shown.add_row(*(Text(str(cell)) for cell in (id_, section, title, *(cell or "–" for cell in cells))))
    Console().print(shown)
    legend = ["trainings + probes in brackets; works that studies share are done once"]
    legend += ["✓ done"] if asks_done else []
    legend += ["! data missing"] if asks_missing else []
    print("; ".join(legend))


def _setting(row: dict[str, object], asks_missing: bool, asks_done: bool) -> str:
    mark = "✓ " if asks_done and row["done"] else "! " if asks_missing and row["missing"] else ""
    return f"{mark}{row['setting']} ({row['trainings']} + {row['probes']})"


def show_plan(plan: StudiesPlan) -> None:
    """Print every work of a plan, and the summary."""
    shown = _table("", "work", "for", "time")
    for planned in (*plan.works, *plan.wanting):
        time = duration(planned.seconds(plan.device)) if planned.cost else "not counted"
        if planned.is_done:
            time = "done"
        elif planned in plan.wanting:
            time = "data missing"
        kind = "training" if planned.is_training else "probe"
        shown.add_row(*(Text(cell) for cell in (kind, str(planned.work), few(planned.studies), time)))
    if plan.works or plan.wanting:
        Console().print(shown)
    for line in plan.summary():
        print(line)


def show_verdicts(rows: Sequence[VerdictRow]) -> None:
    """Print one row per claim."""
    if not rows:
        print("No claims were tested.")
        return
    shown = _table("study", "data", "verdict", "effect (interval), asked", "claim")
    for row in rows:
        verdict = Text(f"{row.mark} {row.finding.verdict}", style=STYLES[row.finding.verdict])
        measured = f"{row.effect}\n({row.interval}), {row.asked}"
        shown.add_row(Text(row.study), Text(row.setting), verdict, Text(measured), Text(row.claim))
    Console().print(shown)


def _table(*columns: str) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    return shown


def tell_run(found: StudiesRun) -> None:
    """Print the verdicts of a run, what could not be done, and where the report is.

    Raises
    ------
    RunError
        When a study failed.
    """
    show_verdicts(verdict_rows(found.outcomes))
    tell_report(found.page)
    if found.failed:
        told = "; ".join(map(str, found.failed))
        raise RunError(
            f"{len(found.failed)} of {len(found.failed) + len(found.outcomes)} could not be finished: {told}",
            "The same command tries again, and does nothing twice",
        )


def tell_report_of(page: Path, form: Literal["html", "markdown", "summary"]) -> None:
    """Say where a report is, or print its verdicts."""
    if form == "html":
        tell_report(page)
    elif form == "markdown":
        print((page.parent / TABLE).read_text("utf-8"), end="")
    else:
        print(as_summary(verdict_rows(outcomes(page.parent))), end="")
