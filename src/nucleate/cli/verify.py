"""What `nucleate verify` says."""

from __future__ import annotations

from pathlib import Path

from nucleate.errors import RunError, RunFolderError
from nucleate.pipeline import Reporter
from nucleate.storage import find_damage, records


def verify_run(root: Path, reporter: Reporter) -> None:
    """Hash every committed file of a run folder again, and name what is damaged.

    Raises
    ------
    RunFolderError
        When there is no run in the folder.
    RunError
        When something is damaged.
    """
    if not (root / "run.json").is_file():
        raise RunFolderError(f"{root} is not a run folder", "Make one with: nucleate probe")
    known = records(root)
    with reporter.steps("checking", len(known)) as advance:
        damaged = find_damage(root, advance=advance)
    for damage in damaged:
        print(damage)
    if damaged:
        raise RunError(
            f"{len(damaged)} of the files of {root} are damaged or missing",
            "Run the same probe again: what is damaged is made anew",
        )
    if not (root / "manifest.json").is_file():
        print(f"{len(known)} units of work are whole; the run is not finished. The same probe goes on.")
        return
    print(f"{len(known)} units of work are whole.")
