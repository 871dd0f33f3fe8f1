"""Running studies: their works, each once, their verdicts and pictures; what fails does not hold up the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn, get_args

import torch

from nucleate.errors import DataError, UsageError
from nucleate.machine import choose_device
from nucleate.pipeline import Reporter
from nucleate.studies import _catalogue as catalogue
from nucleate.studies.declare import Probed, Scale, Study, Trained
from nucleate.studies.execute._plan import LeftOut, StudiesPlan, make_plan
from nucleate.studies.execute._runner import Runner, StudiesRun
from nucleate.studies.execute._smallest import refuse_small
from nucleate.studies.execute._workspace import Workshop
from nucleate.suggestions import did_you_mean

__all__ = ["plan", "run", "works_of"]

ALL = "all"


def plan(
    ids: str | Sequence[str] = ALL, *, scale: Scale = "small", out: str | PathLike[str],
    data: str | PathLike[str] | None = None, device: str = "auto", memory: float | None = None,
) -> StudiesPlan:  # fmt: skip
    """Say what `run` would do, without doing it: trainings and probes, what of them is done, time and disk.

    Parameters and errors as of `run`; settings whose data are missing are told, not refused.
    """
    return _planned(_chosen(ids), scale, _workshop(out, data, Reporter(stream=None), device, {"memory": memory}))


def run(
    ids: str | Sequence[str] = ALL, *, scale: Scale = "small", out: str | PathLike[str],
    data: str | PathLike[str] | None = None, reporter: Reporter | None = None, device: str = "auto",
    workers: int | None = None, memory: float | None = None,
) -> StudiesRun:  # fmt: skip
    """Run studies: train and probe what they need, each once, test their claims, draw their pictures, write the report.

    Interrupted, also by SIGKILL, the same call goes on where it stopped; what is done is not done again.

    Parameters
    ----------
    ids : str or sequence of str
        Studies, as `A-fig2`, or `all`.
    scale : {"small", "paper"}
        Small data and networks, an hour on two cores; or the papers' own protocol.
    out : path
        The folder of the studies: trainings, probes, outcomes and the report.
    data : path, optional
        The folder of data sets; without it only built-in data can be used.
    reporter : Reporter, optional
        Where progress is told; default standard error.
    device : str
        `auto`, `cpu`, `cuda` or `mps`.
    workers : int, optional
        Threads that decode images; default one per processor.
    memory : float, optional
        Gigabytes that may be used; default what is free.

    Raises
    ------
    UsageError
        When there is no such study (close ids are named), or the disk cannot hold what is to do.
    DataError
        Before anything runs: when a study that is named has no setting that can run, or `all` have none.
    StorageError
        When the disk is full, read-only or failing.
    """
    reporter = reporter or Reporter()
    workshop = _workshop(out, data, reporter, device, {"workers": workers, "memory": memory})
    chosen = _chosen(ids)
    found = _without_small(_planned(chosen, scale, workshop), workshop)
    _refuse_nothing(found, [] if ALL in _listed(ids) else chosen)
    for line in found.summary():
        reporter.say(line)
    found.refuse_full_disk()
    return Runner(found, workshop, reporter).run()


def _listed(ids: str | Sequence[str]) -> list[str]:
    return [ids] if isinstance(ids, str) else list(ids)


def _chosen(ids: str | Sequence[str]) -> list[Study]:
    names = _listed(ids)
    if not names:
        raise UsageError("No study was named", "Name some, or all")
    found = [*catalogue.studies().values()] if ALL in names else [catalogue.study(name) for name in names]
    return [*{each.id: each for each in found}.values()]


def _workshop(
    out: str | PathLike[str], data: str | PathLike[str] | None, reporter: Reporter, device: str, machine: dict[str, Any]
) -> Workshop:
    folder = Path(data) if data is not None else None
    if folder is not None and not folder.is_dir():
        raise DataError(f"The folder of data {folder} does not exist", "Name a folder that holds data sets")
    given = {name: value for name, value in machine.items() if value is not None}
    return Workshop(Path(out), folder, reporter, {"device": choose_device(device), **given})


def _planned(chosen: Sequence[Study], scale: Scale, workshop: Workshop) -> StudiesPlan:
    if scale not in get_args(Scale):
        raise UsageError(f"There is no scale {scale!r}", did_you_mean(scale, get_args(Scale)))
    return make_plan(chosen, scale, workshop, device=torch.device(workshop.machine["device"]).type)


def _without_small(found: StudiesPlan, workshop: Workshop) -> StudiesPlan:
    """The plan without settings whose data are too small for what is asked of them."""
    fit, left_out = [], list(found.left_out)
    for study, setting in found.settings:
        try:
            refuse_small(setting, workshop)
        except DataError as error:
            left_out.append(LeftOut(study.id, setting.name, str(error)))
        else:
            fit.append((study, setting))
    needed = {work for _, setting in fit for work in setting.works}
    works = tuple(planned for planned in found.works if planned.work in needed)
    return replace(found, settings=tuple(fit), left_out=tuple(left_out), works=works)


def _refuse_nothing(found: StudiesPlan, named: Sequence[Study]) -> None:
    """Refuse to begin when nothing can run, or nothing of a study that was named."""
    can_run = {study.id for study, _ in found.settings}
    for each in named:
        if each.id not in can_run:
            _refuse(f"{each.id} cannot run", [left for left in found.left_out if left.study == each.id], found)
    if not can_run:
        _refuse("No study can run", found.left_out, found)


def _refuse(what: str, left_out: Sequence[LeftOut], found: StudiesPlan) -> NoReturn:
    """Raise the first reason."""
    reason = left_out[0].reason if left_out else f"no setting is declared at {found.scale} scale"
    why, _, mend = reason.partition(". ")
    raise DataError(f"{what}: {why}", mend)


def works_of(studies: Sequence[Study], scale: Scale) -> tuple[Trained | Probed, ...]:
    """Everything that some studies have to do at a scale, each once."""
    return tuple(dict.fromkeys(w for study in studies for setting in study.settings[scale] for w in setting.works))
