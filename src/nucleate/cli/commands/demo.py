"""`nucleate demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nucleate.cli._flags import reporter_for, tell_report


def demo(
    *,
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("runs/demo"),
    epochs: int = 15,
    seed: int = 0,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
) -> None:
    """Train and probe on built-in data in about a minute, and write a report.

    A small ResNet learns three superclasses of the ten handwritten digits, once with a natural-looking hierarchy and
    once with digits dealt to superclasses at random. Held-out digits show whether each network keeps the ten digits
    apart that it was never told about.

    Parameters
    ----------
    out
        Folder for the two runs and the report.
    epochs
        Passes over the 1,078 training digits.
    seed
        Seed of initialisation, order and shuffling.
    quiet
        Say nothing but the result and errors.
    """
    from nucleate.cli.actions import run_demo

    report = run_demo(out, epochs=epochs, seed=seed, reporter=reporter_for(quiet))
    tell_report(report)
