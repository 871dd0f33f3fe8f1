"""What flags of several commands have in common, and how their values are read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from nucleate.errors import UsageError

what = Group.create_ordered("What")
how = Group.create_ordered("How")
where = Group.create_ordered("Where it runs")

LONGEST_RANGE = 1000

Model = Annotated[str, Parameter(name=["--model", "-m"], group=what)]
Checkpoint = Annotated[Path | None, Parameter(group=what)]
RandomWeights = Annotated[bool, Parameter(negative="", group=what)]
Data = Annotated[str, Parameter(name=["--data", "-d"], group=what)]
Labels = Annotated[str | None, Parameter(name="--hierarchy", group=what)]
Out = Annotated[Path, Parameter(name=["--out", "-o"], group=what)]
Quiet = Annotated[bool, Parameter(name=["--quiet", "-q"], negative="", group=where)]
Config = Annotated[Path | None, Parameter(name="--config", group=where)]


def reporter_for(quiet: bool) -> Any:
    """Where a command tells its progress."""
    from nucleate.pipeline import Reporter

    return Reporter(stream=None if quiet else sys.stderr)


def tell_report(path: Path) -> None:
    """The last line of a command that wrote a report."""
    print(f"Report: {path.resolve()}")


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def numbers(flag: str, text: str) -> tuple[int, ...]:
    """Whole numbers separated by commas, ranges like 1-10 among them."""
    found: list[int] = []
    try:
        for part in names(text):
            first, dash, last = part.partition("-")
            span = range(int(first), int(last or first) + 1) if dash else [int(first)]
            if not 0 < len(span) <= LONGEST_RANGE:
                raise UsageError(f"{flag} {part} is not a range of 1 to {LONGEST_RANGE} numbers", "Write it like 1-10")
            found += span
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{flag} {text!r} is not a list of numbers", "Write them with commas, like 1,2,5") from None
    return tuple(found)


def shares(flag: str, text: str) -> tuple[float, ...]:
    """Numbers separated by commas."""
    try:
        return tuple(float(part) for part in names(text))
    except ValueError:
        raise UsageError(f"{flag} {text!r} is not a list of numbers", "Write them with commas, like 0.25,0.5") from None
