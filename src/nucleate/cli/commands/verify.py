"""`nucleate verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nucleate.cli._flags import reporter_for


def verify(run: Path, /, *, quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False) -> None:
    """Hash every file of one run or a folder of runs again and name what is damaged; exit 1 when something is.

    Parameters
    ----------
    run
        Run folder.
    quiet
        No progress.
    """
    from nucleate.cli.actions import verify_run

    verify_run(run, reporter_for(quiet))
