"""What `nucleate verify` says."""

from __future__ import annotations

from pathlib import Path

from nucleate.errors import RunError, printable
from nucleate.pipeline import Reporter
from nucleate.pipeline.folder import RunFolder, refuse_no_run
from nucleate.storage import damaged_lines, find_damage


def verify_run(root: Path, reporter: Reporter) -> None:
    """Hash every committed file of a run folder again, or of all runs in a folder, and name what is damaged.

    Raises
    ------
    NoRunError
        When there is no run in the folder.
    RunError
        When something is damaged.
    """
    if (root / "train.json").is_file():
        _verify_training(root, reporter)
        return
    folder = RunFolder(root)
    runs = [] if folder.request.is_file() else sorted(path.parent for path in root.glob(f"*/{folder.request.name}"))
    if runs:
        _verify_each(root, runs, reporter)
        return
    refuse_no_run(root)
    known = [path for path in (folder.manifest, folder.report_record) if path.exists()] + folder.records()
    _hash_again(
        root, known, reporter, log=folder.log, mend="Run the same probe again: what is damaged is made anew",
        unfinished="" if folder.manifest.is_file() else "; the run is not finished. The same probe goes on",
    )  # fmt: skip


def _verify_each(root: Path, runs: list[Path], reporter: Reporter) -> None:
    """Verify the runs of a comparison or of a network over time; the joint table is made of theirs."""
    damaged = []
    for run in runs:
        print(f"{printable(run.name)}: ", end="")
        try:
            verify_run(run, reporter)
        except RunError:
            damaged.append(run.name)
    if damaged:
        raise RunError(
            f"{len(damaged)} of the {len(runs)} runs in {root} are damaged: {', '.join(damaged)}",
            "Run the same command again: what is damaged is made anew",
        )


def _verify_training(root: Path, reporter: Reporter) -> None:
    from nucleate.training import TrainingRun

    run = TrainingRun(root)
    _hash_again(
        root, run.records(), reporter, mend="Delete them and run the same training again: they are made anew",
        unfinished="" if run.is_finished else "; the training is not finished. The same command goes on",
    )  # fmt: skip


def _hash_again(
    root: Path, known: list[Path], reporter: Reporter, *, mend: str, unfinished: str, log: Path | None = None
) -> None:
    """Hash what commit records vouch for, and say what is damaged, or that all is whole."""
    with reporter.steps("checking", len(known)) as advance:
        damaged = [str(damage) for damage in find_damage(known, advance=advance)]
    if log is not None:
        damaged += [f"{log}: line {number} is damaged" for number in damaged_lines(log)]
    for line in damaged:
        print(printable(line))
    if damaged:
        raise RunError(f"{len(damaged)} of the files of {root} are damaged or missing", mend)
    print(f"{len(known)} units of work are whole{unfinished}.")
