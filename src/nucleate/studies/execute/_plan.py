"""What a run of studies would do: trainings and probes, what of them is done, how long they take, what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nucleate.errors import DataError, NucleateError, UsageError
from nucleate.pipeline.plan import gigabytes
from nucleate.studies.declare import Scale, Setting, Study, Trained, Work
from nucleate.studies.execute._costs import ANALYSIS, SPEEDS, Cost, cost, total
from nucleate.studies.execute._workspace import Workshop

DEVICES = {"cpu": "the CPU", "cuda": "one GPU", "mps": "this machine's GPU"}


@dataclass(frozen=True)
class PlannedWork:
    """A training or a probe in a plan.

    Attributes
    ----------
    work : Trained or Probed
    studies : tuple of str
        Ids of the studies that need it.
    is_done : bool
        Whether it lies finished in the folder of the studies.
    cost : Cost or None
        What it takes; None where its network cannot be counted.
    """

    work: Work
    studies: tuple[str, ...]
    is_done: bool
    cost: Cost | None

    @property
    def is_training(self) -> bool:
        """Whether it is a training."""
        return isinstance(self.work, Trained)

    def seconds(self, device: str) -> float:
        """Its time on a device, 0 where that is not known."""
        return self.cost.seconds(device) if self.cost else 0.0


@dataclass(frozen=True)
class LeftOut:
    """A setting that cannot run, and why."""

    study: str
    setting: str
    reason: str

    def __str__(self) -> str:
        return f"{self.study} on {self.setting}: {self.reason}"


@dataclass(frozen=True)
class StudiesPlan:
    """What a run of studies would do.

    Attributes
    ----------
    scale : {"small", "paper"}
    settings : tuple of (Study, Setting)
        What can run, in order.
    left_out : tuple of LeftOut
        What cannot, most often because data are missing.
    works : tuple of PlannedWork
        Each once, in the order in which they are needed.
    device : str
        cpu, cuda or mps.
    root : Path
        The folder of the studies.
    wanting : tuple of PlannedWork
        What settings that are left out would need besides.
    """

    scale: Scale
    settings: tuple[tuple[Study, Setting], ...]
    left_out: tuple[LeftOut, ...]
    works: tuple[PlannedWork, ...]
    device: str
    root: Path
    wanting: tuple[PlannedWork, ...] = ()

    def __repr__(self) -> str:
        return (
            f"StudiesPlan({self.scale}: {len(self.settings)} settings, {len(self.left_out)} left out; "
            f"{len(self.to_do)} of {len(self.works)} works to do)"
        )

    @cached_property
    def to_do(self) -> tuple[PlannedWork, ...]:
        """The works that are not done."""
        return tuple(planned for planned in self.works if not planned.is_done)

    @property
    def seconds(self) -> float:
        """Estimated time of what is to do."""
        return self.seconds_on(self.device)

    def seconds_on(self, device: str) -> float:
        """The same on another kind of device."""
        return sum(planned.seconds(device) for planned in self.to_do)

    @property
    def disk(self) -> int:
        """Estimated bytes that what is to do adds."""
        return total(planned.cost for planned in self.to_do if planned.cost).disk

    def summary(self) -> Iterator[str]:
        """The plan in a few lines."""
        studies = len({study.id for study, _ in self.settings})
        yield (
            f"{_count(studies, 'study', 'studies')} at {self.scale} scale in {_count(len(self.settings), 'setting')}: "
            f"{_counts(self.works)}"
        )
        if self.to_do:
            yield f"  to do: {self.told_time}, {gigabytes(self.disk)} of disk in {self.root}"
            yield f"  assumed: {self.assumption}"
        for warning in self.warnings():
            yield f"  {warning}"
        for reason, left in self._by_reason().items():
            yield f"  left out: {', '.join(left)}. {reason}"
        if self.wanting:
            costs = [planned.cost for planned in self.wanting if planned.cost]
            times = [f"{duration(total(costs).seconds(device))} on {name}" for device, name in self._devices()]
            yield (
                f"  what is left out: {_counts(self.wanting)}, about {' or '.join(times)}, "
                f"{gigabytes(total(costs).disk)} of disk"
            )

    def warnings(self) -> Iterator[str]:
        """What people should know before they start."""
        uncounted = sum(planned.cost is None for planned in self.to_do)
        if uncounted:
            yield f"not counted: {_count(uncounted, 'work')} of networks that cannot be built here"
        if self.scale == "paper" and self.device == "cpu" and self.to_do:
            teraflops = SPEEDS["cuda"].flops / 1e12
            yield (
                f"WARNING: there is no GPU here. This CPU takes about {duration(self.seconds)}; a GPU that does "
                f"{teraflops:.0f} TFLOP/s in float32 would take about {duration(self.seconds_on('cuda'))}."
            )

    @property
    def told_time(self) -> str:
        """Estimated time, with the device."""
        return f"about {duration(self.seconds)} on {DEVICES[self.device]}"

    @property
    def assumption(self) -> str:
        """What the estimate rests on."""
        speed = SPEEDS[self.device]
        return (
            f"{speed.flops / 1e9:,.0f} GFLOP/s in networks (training: 3 x forward x images x epochs), "
            f"{ANALYSIS / 1e9:.0f} GFLOP/s in measures, which run on the CPU; data sets as large as published"
        )

    def refuse_full_disk(self) -> None:
        """Refuse what cannot fit.

        Raises
        ------
        UsageError
            With what is needed and what there is.
        """
        home = next(folder for folder in (self.root, *self.root.absolute().parents) if folder.exists())
        free = shutil.disk_usage(home).free
        if self.disk > free:
            raise UsageError(
                f"The studies would take about {gigabytes(self.disk)} in {self.root}, {gigabytes(free)} are free",
                "Choose fewer studies, or another disk with --out",
            )

    def _by_reason(self) -> dict[str, list[str]]:
        """Why settings are left out -> which."""
        found: dict[str, list[str]] = {}
        for left in self.left_out:
            found.setdefault(left.reason, []).append(f"{left.study} on {left.setting}")
        return found

    def _devices(self) -> list[tuple[str, str]]:
        own = (self.device, DEVICES[self.device])
        return [own] if self.device != "cpu" or self.scale == "small" else [own, ("cuda", DEVICES["cuda"])]


def make_plan(studies: Sequence[Study], scale: Scale, workshop: Workshop, *, device: str) -> StudiesPlan:
    """Find out what some studies need at a scale, and what of it is done; `device` is cpu, cuda or mps.

    Does nothing else: no folder appears, and only data of which something is done already are looked at.
    """
    settings: list[tuple[Study, Setting]] = []
    missing: list[tuple[Study, Setting]] = []
    left_out = []
    for study in studies:
        for setting in study.settings[scale]:
            try:
                workshop.refuse_missing(setting)
            except DataError as error:
                left_out.append(LeftOut(study.id, setting.name, str(error)))
                missing.append((study, setting))
            else:
                settings.append((study, setting))
    memory = workshop.machine.get("memory")
    works = tuple(
        PlannedWork(work, ids, workshop.is_begun(work) and workshop.is_done(work), _cost(work, memory))
        for work, ids in _needed(settings).items()
    )
    known = {planned.work for planned in works}
    wanting = tuple(
        PlannedWork(work, ids, False, _cost(work, memory))
        for work, ids in _needed(missing).items()
        if work not in known
    )
    return StudiesPlan(scale, tuple(settings), tuple(left_out), works, device, workshop.root, wanting)


def _needed(settings: Sequence[tuple[Study, Setting]]) -> dict[Work, tuple[str, ...]]:
    """Work -> the studies that need it."""
    found: dict[Work, tuple[str, ...]] = {}
    for study, setting in settings:
        for work in setting.works:
            found[work] = tuple(dict.fromkeys((*found.get(work, ()), study.id)))
    return found


def _cost(work: Work, memory: float | None) -> Cost | None:
    try:
        return cost(work, memory=memory)
    except NucleateError:  # it is told when the work is due
        return None


def duration(seconds: float) -> str:
    """A time for people.

    Examples
    --------
    >>> duration(40), duration(600), duration(5 * 3600), duration(40 * 86400), duration(4e8)
    ('40 s', '10 min', '5 hours', '960 hours (40 days)', '13 years')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    if hours < 100:
        return f"{hours:.0f} hours"
    return f"{hours:,.0f} hours ({hours / 24:.0f} days)" if hours < 24 * 730 else f"{hours / 24 / 365:.0f} years"


def few(ids: Sequence[str]) -> str:
    """Some ids, and how many more."""
    return ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")


def _counts(works: Sequence[PlannedWork]) -> str:
    """How many trainings and probes, and how many of these are done."""
    told = []
    for is_training, name in ((True, "training"), (False, "probe")):
        kind = [planned for planned in works if planned.is_training is is_training]
        done = sum(planned.is_done for planned in kind)
        told.append(_count(len(kind), name) + (f" ({done} done)" if done else ""))
    return ", ".join(told)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
