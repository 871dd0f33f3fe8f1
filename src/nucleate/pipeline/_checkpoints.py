"""A network over time: every checkpoint of a training run, probed with the same samples."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.data import Samples
from nucleate.errors import RunFolderError, UsageError
from nucleate.models import as_network, load
from nucleate.pipeline._probe import probe
from nucleate.pipeline.folder import refuse_single_run
from nucleate.pipeline.plan import gigabytes
from nucleate.pipeline.run import Run
from nucleate.pipeline.tasks import Reporter
from nucleate.storage import write_parquet
from nucleate.training import TrainingRun


@dataclass(frozen=True)
class OverTraining:
    """The runs of a network's checkpoints.

    Attributes
    ----------
    root : Path
        The folder: a run folder for each checkpoint, and `profile.parquet`.
    training : TrainingRun
        Where the checkpoints come from.
    runs : dict
        Epoch -> its run, ascending; epoch 0 is before training.
    """

    root: Path
    training: TrainingRun
    runs: Mapping[int, Run]

    @property
    def profile(self) -> pl.DataFrame:
        """The profiles of all runs, with the column `epoch` filled in."""
        parts = [run.profile.with_columns(pl.lit(epoch, pl.Int64).alias("epoch")) for epoch, run in self.runs.items()]
        return pl.concat(parts)


def probe_checkpoints(
    training: TrainingRun | str | Path,
    samples: Samples,
    *,
    out: str | Path,
    reporter: Reporter | None = None,
    **options: Any,
) -> OverTraining:
    """Probe every checkpoint of a training run with the same samples.

    Each checkpoint gets a run folder of its own, `epoch-000005` and so on, and `profile.parquet` joins their profiles.
    Killed at any moment, the same call goes on. Of a training that still runs, the checkpoints that are there are
    probed; the same call later adds the others.

    Parameters
    ----------
    training : TrainingRun or path
        The folder that `nucleate train` made.
    samples : Samples
        See `nucleate.data`; under the hierarchy whose clusters are looked for, usually the training run's own.
    out : path
        Folder of the run folders.
    reporter : Reporter, optional
        Where progress is told; default standard error.
    **options
        The attributes of `nucleate.pipeline.Settings`.

    Raises
    ------
    RunFolderError
        When there is no training run or no checkpoint yet, or a folder holds another run.
    UsageError
        For options that cannot be meant, and when the run folders of all checkpoints would not fit: told after the
        first, which all others resemble.

    References
    ----------
    Nguyen & Kornblith, Probing clustering in neural network representations, 2023, Figure D.10.
    """
    training = training if isinstance(training, TrainingRun) else TrainingRun(Path(training))
    root, reporter = Path(out), reporter or Reporter()
    checkpoints = training.checkpoints
    if not checkpoints:
        raise RunFolderError(f"{training.root} has no checkpoint yet", "Train first: nucleate train")
    refuse_single_run(root)
    runs = {}
    for place, (epoch, path) in enumerate(checkpoints, 1):
        network = load(path)
        told = f"{network.name} after {epoch} epochs" if epoch else f"{network.name} before training"
        reporter.log = None
        reporter.say(f"{place} of {len(checkpoints)}: {told}")
        runs[epoch] = probe(
            as_network(network, name=told), samples, out=folder_of(root, epoch), reporter=reporter, **options
        )
        if place == 1:
            missing = [later for later, _ in checkpoints if not folder_of(root, later).exists()]
            _refuse_too_much(folder_of(root, epoch), len(missing), disk=options.get("disk"), reporter=reporter)
    found = OverTraining(root, training, runs)
    write_parquet(root / "profile.parquet", found.profile)
    return found


def _refuse_too_much(first: Path, others: int, *, disk: float | None, reporter: Reporter) -> None:
    """Say what the other run folders will take, and refuse what cannot fit."""
    if not others:
        return
    size = sum(path.stat().st_size for path in first.rglob("*") if path.is_file())
    free = int(disk * 2**30) - size if disk else shutil.disk_usage(first).free
    reporter.say(f"The other {others} checkpoints will take about {gigabytes(others * size)} of disk")
    if others * size > free:
        raise UsageError(
            f"The other {others} checkpoints would take {gigabytes(others * size)}, {gigabytes(free)} may be used",
            "Choose fewer layers with --layers, fewer measures, or --pool mean",
        )


def folder_of(root: Path, epoch: int) -> Path:
    """The run folder of one checkpoint.

    Examples
    --------
    >>> folder_of(Path("runs"), 5).name
    'epoch-000005'
    """
    return root / f"epoch-{epoch:06d}"
