"""From a recipe, a network's name and samples to a folder of checkpoints; killed and begun again, the same bits."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from nucleate._version import __version__
from nucleate.data import Samples
from nucleate.errors import RunError, UsageError
from nucleate.machine import available_memory, choose_device
from nucleate.models import Network, encode_checkpoint, seeded
from nucleate.storage import clean_temporary, commit, locked, remove, vouch, write_json, write_parquet
from nucleate.training._evaluation import predict, scores
from nucleate.training._inputs import Memory, SampleInputs
from nucleate.training._loop import Epoch, Training, check_batches
from nucleate.training._network_for_samples import architecture_of, build_network
from nucleate.training._recipe import Recipe
from nucleate.training._run import CURVES, TrainingRun, refuse_damage, refuse_other_run, refuse_other_surroundings
from nucleate.training._state import restore_state, save_state
from nucleate.training.objectives import BYOL, Classification, Targets, check_split, targets_of

TRAIN = "train"
"""The split that is learned."""

EpochDone = Callable[[Epoch, int], None]
"""Called after each epoch with how it went and the number of epochs in all."""


def fit(
    network: str,
    samples: Samples,
    *,
    out: str | Path,
    recipe: Recipe | None = None,
    level: str | None = None,
    checkpoint: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    memory: float | None = None,
    progress: EpochDone | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> TrainingRun:
    """Train a network on the split `train` of samples, and keep it as it is after every few epochs.

    Killed at any moment, the same call goes on from the last checkpoint and ends with the same bits (on a CPU with the
    same number of threads); on a finished folder it does nothing. What was damaged meanwhile is found by its hash and
    made anew. A folder of another recipe, network or set of samples is refused, and an unfinished one from another kind
    of device, other libraries or another number of threads.

    Parameters
    ----------
    network : str
        A name in `models.NETWORKS`, "timm:NAME" or "torchvision:NAME". It is built with as many classes as the level
        has; small networks take the channels and the size of the images.
    samples : Samples
        Images, or float arrays that are inputs as they are. A split for evaluation (`validation`, else `test`) is used
        where there is one. Samples that cannot be read are left out.
    out : path
        The folder.
    recipe : Recipe, optional
        How to train, seeds included.
    level : str, optional
        The label level that is learned; default the one above the leaves.
    checkpoint : path, optional
        A file with the weights to begin with instead of random ones.
    device : str
        `auto`, `cpu`, `cuda` or `mps`.
    workers : int, optional
        Threads that decode and augment; default one per processor. Results do not depend on it.
    memory : float, optional
        Gigabytes for decoded images; what does not fit is decoded again in each epoch. Default half of what is free.
    progress : callable, optional
        Called after each epoch with an `Epoch` and the number of epochs in all.
    notice : callable, optional
        Called with a sentence when what an earlier start has left is of no use.

    Raises
    ------
    ModelError
        When the network cannot be built, or does not fit the checkpoint, the samples or the objective.
    DataError, HierarchyError
        When there are no labels at that level, or fewer than two classes.
    UsageError
        When batch norm would see a single image, the recipe does not fit the samples or the machine, or `workers` or
        `memory` is negative.
    RunFolderError
        When the folder holds something else; the differences are named.
    RunError
        When the loss stops being finite; epoch and step are named, and the last good checkpoint.
    StorageError
        When the disk is full; earlier checkpoints are intact. Also when a checkpoint was lost while training went on:
        the same call makes it anew.
    """
    recipe = recipe or Recipe()
    _check_resources(workers, memory)
    job = prepare(network, samples, recipe, level=level, checkpoint=checkpoint)
    chosen = choose_device(device, recipe.dtype)
    job.network.module.to(chosen)
    job.about["device"] = torch.device(chosen).type
    root = Path(out)
    with locked(root):
        refuse_other_run(root, job.about)
        run = TrainingRun(root)
        if (root / "train.json").exists() and run.is_finished:
            return run
        for folder in (root, root / "checkpoints", root / "state"):
            clean_temporary(folder)
        if run.records():
            refuse_other_surroundings(root, job.about)
        else:
            write_json(root / "train.json", job.about)
        room = Memory(int(memory * 2**30) if memory is not None else available_memory() // 2)
        threads = (os.cpu_count() or 1) if workers is None else workers
        _train(job, run, memory=room, workers=threads, progress=progress, notice=notice)
    return run


def _check_resources(workers: int | None, memory: float | None) -> None:
    if workers is not None and workers < 0:
        raise UsageError(f"workers={workers} is negative", "Give a number of threads, 0 for none beside the training")
    if memory is not None and not 0 <= memory < math.inf:
        raise UsageError(f"memory={memory:g} is no amount of memory", "Give gigabytes, 0 to keep no decoded image")


@dataclass(frozen=True)
class Job:
    """What is trained on what; `about` is the content of train.json."""

    network: Network
    samples: Samples
    recipe: Recipe
    targets: Targets | None
    about: dict[str, Any]

    def inputs(self, split: str, memory: Memory, failures: dict[int, str]) -> SampleInputs:
        """The samples of a split with their targets."""
        rows = self.samples.rows(split)
        none = np.full(len(rows), -1)
        return SampleInputs(
            self.samples,
            rows,
            targets=none if self.targets is None else self.targets.codes[rows],
            preprocessing=self.network.preprocessing,  # type: ignore[arg-type]  # texts are refused before
            recipe=self.recipe,
            memory=memory,
            failures=failures,
        )


def prepare(name: str, samples: Samples, recipe: Recipe, *, level: str | None, checkpoint: str | Path | None) -> Job:
    """Check everything that can be checked before a folder is made."""
    rows = samples.rows(TRAIN)
    is_labelled = not recipe.is_self_supervised or samples.hierarchy is not None
    targets = targets_of(samples, level) if is_labelled else None
    if targets is not None and not recipe.is_self_supervised:
        check_split(targets, rows, split=TRAIN)
    classes = len(targets.classes) if targets else None
    network = build_network(name, samples, recipe, num_classes=classes, checkpoint=checkpoint)
    check_batches(network, len(rows), batch_size=recipe.batch_size, normalizes=recipe.is_self_supervised)
    architecture = architecture_of(network)
    about = {
        "recipe": recipe.model_dump(),
        "network": {
            "name": name,
            "num_classes": architecture.num_classes,
            "in_channels": architecture.in_channels,
            "parameters": sum(parameter.numel() for parameter in network.module.parameters()),
            "checkpoint": str(checkpoint) if checkpoint else None,
            "fingerprint": network.fingerprint,
        },
        "samples": {
            "name": samples.name,
            "count": len(samples),
            "splits": samples.split_sizes,
            "fingerprint": samples.fingerprint,
        },
        "targets": {
            "level": targets.level if targets and not recipe.is_self_supervised else None,
            "classes": targets.classes if targets and not recipe.is_self_supervised else None,
            "hierarchy": samples.hierarchy and {"levels": samples.hierarchy.levels, "paths": samples.hierarchy.paths},
        },
        "versions": {
            "nucleate": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
            **network.libraries,
        },
        "threads": torch.get_num_threads(),
    }
    return Job(network, samples, recipe, targets, json.loads(json.dumps(about)))  # as it comes back from the disk


def _train(
    job: Job,
    run: TrainingRun,
    *,
    memory: Memory,
    workers: int,
    progress: EpochDone | None,
    notice: Callable[[str], None],
) -> None:
    recipe, failures = job.recipe, dict[int, str]()
    inputs = {TRAIN: job.inputs(TRAIN, memory, failures)}
    evaluation = job.samples.evaluation_split() if len(job.samples.split_sizes) > 1 else TRAIN
    inputs.setdefault(evaluation, job.inputs(evaluation, memory, failures))
    task = task_of(job)
    training = Training(task, recipe, inputs[TRAIN], workers=workers)
    restored = restore_state(
        run.root / "state", training, fingerprint=run.fingerprint, is_whole=lambda epoch: not run.damage(epoch)
    )
    if restored is None and run.records():
        notice(f"What {run.root} holds is damaged or incomplete: training begins from the start")
    done, found_before = restored or (None, {})
    failures.update({int(row): reason for row, reason in found_before.get("unreadable", {}).items()})
    curves = pl.DataFrame(found_before.get("curves"), schema=CURVES)
    remove(run.root / "manifest.json")  # of an earlier end of which a checkpoint was lost since

    def save(epoch: int, lr: float) -> None:
        nonlocal curves
        with training.averaged():
            found = [
                {"epoch": epoch, "split": split, "lr": lr, **row}
                for split, source in inputs.items()
                if isinstance(task, Classification) and job.targets is not None
                for row in scores(predict(job.network, source, task=task, workers=workers), job.targets, source.rows)
            ]
            _check_finite(job.network, found, epoch)
            data = encode_checkpoint(job.network, extra={"epoch": epoch})
        path = run.checkpoint(epoch)
        commit(path.with_suffix(".json"), {path.name: data}, fingerprint=run.fingerprint, facts={"epoch": epoch})
        curves = pl.concat([curves, pl.DataFrame(found, schema=CURVES)], rechunk=True)  # bytes depend on chunks
        write_parquet(run.root / "curves.parquet", curves)
        found_now = {"unreadable": unreadable(failures), "curves": curves.to_dict(as_series=False)}
        save_state(run.root / "state", training, epoch=epoch, fingerprint=run.fingerprint, found=found_now)

    if done is None:
        done = 0
        save(done, 0.0)
    saved = set(recipe.checkpoint_epochs())
    for epoch in range(done + 1, recipe.epochs + 1):
        went = _epoch(training, epoch, run)
        seen = {"epoch": epoch, "split": "batches", "level": run.level, "lr": went.lr}
        row = pl.DataFrame([{**seen, "group": None, "loss": went.loss, "accuracy": went.accuracy}], schema=CURVES)
        curves = pl.concat([curves, row])
        if epoch in saved:
            save(epoch, went.lr)
        if progress is not None:
            progress(went, recipe.epochs)
    refuse_damage(run)
    write_parquet(run.root / "curves.parquet", curves.rechunk())  # again: it may have been lost since
    vouch(
        run.root / "manifest.json",
        [run.root / "train.json", run.root / "curves.parquet"],
        facts={"unreadable": unreadable(failures)},
    )
    for path in (run.root / "state").glob("*"):
        path.unlink()


def unreadable(failures: dict[int, str]) -> dict[str, str]:
    """Failures as JSON has them: row -> reason, rows ascending."""
    return {str(row): failures[row] for row in sorted(failures)}


def task_of(job: Job) -> Classification | BYOL:
    """What the recipe's objective makes of the network."""
    classes = architecture_of(job.network).num_classes
    parameters = job.recipe.resolved_parameters
    if job.recipe.is_self_supervised:
        with seeded(job.recipe.seed_init):
            return BYOL(job.network.module, name=job.network.name, num_classes=classes, parameters=parameters)
    return Classification(
        job.network.module,
        name=job.network.name,
        num_classes=classes,
        objective_name=job.recipe.objective,
        parameters=parameters,
    )


def _epoch(training: Training, epoch: int, run: TrainingRun) -> Epoch:
    try:
        return training.epoch(epoch)
    except RunError as error:
        kept = run.checkpoints
        told = f"The last good checkpoint is {kept[-1][1]}" if kept else ""
        raise RunError(error.what, f"{error.mend}. {told}") from error


def _check_finite(network: Network, found: list[dict[str, Any]], epoch: int) -> None:
    """Refuse to save what has diverged in the last step before."""
    losses = [row["loss"] for row in found if row["loss"] is not None]
    weights = network.module.parameters()
    if not all(map(math.isfinite, losses)) or not all(bool(torch.isfinite(weight).all()) for weight in weights):
        raise RunError(f"The weights or the loss stopped being finite in epoch {epoch}", "Lower lr")
