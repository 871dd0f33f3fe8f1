"""Doing the works of studies, each once, and drawing conclusions; what fails does not hold up the others."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nucleate.errors import NucleateError, RunError, StorageError, first_line
from nucleate.pipeline import Reporter, Run
from nucleate.studies._evidence import Evidence
from nucleate.studies.declare import Probed, Scale, Setting, Study, Trained, Work
from nucleate.studies.execute._outcome import Outcome, save
from nucleate.studies.execute._plan import LeftOut, StudiesPlan, duration, few
from nucleate.studies.execute._workspace import Workshop
from nucleate.studies.publish import write_page
from nucleate.training import TrainingRun

LONG = 120
"""Seconds from which on a work tells of its own progress."""


@dataclass(frozen=True)
class StudiesRun:
    """What a run of studies came to.

    Attributes
    ----------
    outcomes : tuple of Outcome
        Verdicts and pictures, one per study and setting.
    failed : tuple of LeftOut
        Settings that began and could not be finished.
    left_out : tuple of LeftOut
        Settings that could not begin.
    page : Path
        The report of everything in the folder.
    """

    outcomes: tuple[Outcome, ...]
    failed: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]
    page: Path

    def __repr__(self) -> str:
        return f"StudiesRun({len(self.outcomes)} done, {len(self.failed)} failed, {len(self.left_out)} left out)"


def gather(setting: Setting, workshop: Workshop, *, announce: Callable[[Work], None]) -> Evidence:
    """Do every work of a setting that is not done; `announce` is called before each."""
    trainings: dict[Trained, TrainingRun] = {}
    runs: dict[Probed, Run] = {}
    for work in setting.works:
        announce(work)
        if isinstance(work, Trained):
            trainings[work] = workshop.train(work)
        else:
            runs[work] = workshop.probe(work)
    return Evidence(setting, runs, trainings)


def conclude(study: Study, evidence: Evidence, scale: Scale, workshop: Workshop) -> Outcome:
    """Test a study's claims on the evidence of a setting, draw, and keep the outcome."""
    setting = evidence.setting
    outcome = Outcome(
        study.id,
        setting.name,
        scale,
        tuple((claim.text, claim.test(evidence)) for claim in study.claims if scale in claim.scales),
        tuple(study.draw(evidence)),
        tuple(workshop.folder(work).relative_to(workshop.root).as_posix() for work in setting.works),
    )
    save(outcome, workshop.root)
    return outcome


@dataclass
class Runner:
    """Goes through the settings of a plan; what failed once is not tried again for another study."""

    plan: StudiesPlan
    workshop: Workshop
    reporter: Reporter
    started: float = field(default_factory=time.monotonic)
    behind: float = 0.0
    """Estimated seconds of the works that are behind us."""
    current: Work | None = None
    failures: dict[Work, NucleateError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting = {planned.work: planned for planned in self.plan.to_do}

    def run(self) -> StudiesRun:
        outcomes: list[Outcome] = []
        failed: list[LeftOut] = []
        for study, setting in self.plan.settings:
            self.current = None
            try:
                outcomes.append(self._outcome(study, setting))
            except StorageError:
                raise  # a disk that is full for one study is full for all
            except NucleateError as error:
                if self.current is not None:
                    self.failures[self.current] = error
                failed.append(LeftOut(study.id, setting.name, str(error)))
                self.reporter.say(f"FAILED: {failed[-1]}")
        return StudiesRun(tuple(outcomes), tuple(failed), self.plan.left_out, write_page(self.workshop.root))

    def _outcome(self, study: Study, setting: Setting) -> Outcome:
        for work in setting.works:
            if work in self.failures:
                raise self.failures[work]
        evidence = gather(setting, self.workshop, announce=self._announce)
        self.current = None
        try:
            outcome = conclude(study, evidence, self.plan.scale, self.workshop)
        except NucleateError:
            raise
        except Exception as error:  # a mistake in one study must not cost the hours of the others
            self.reporter.say(traceback.format_exc())
            what = f"{type(error).__name__}: {first_line(error)}"
            raise RunError(what, "This is a mistake of ours: report it") from error
        counts = Counter(finding.verdict for _, finding in outcome.claims)
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) or "no claims to test"
        self.reporter.say(f"{study.id} on {setting.name}: {told}")
        return outcome

    def _announce(self, work: Work) -> None:
        """One line for each work that is to be done, and one worker's voice less where it is short."""
        planned = self.waiting.pop(work, None)
        self.current = work
        if planned is None:
            return
        kind = [each for each in self.plan.to_do if each.is_training is planned.is_training]
        what = f"{'training' if planned.is_training else 'probe'} {kind.index(planned) + 1} of {len(kind)}"
        self.reporter.say(f"{what} for {few(planned.studies)}: {work}{self._clock()}")
        seconds = planned.seconds(self.plan.device)
        self.behind += seconds
        is_long = seconds > LONG
        self.workshop.reporter = self.reporter if is_long else Reporter(stream=None)
        self.workshop.tells_probes = is_long

    def _clock(self) -> str:
        """Time since the start, and what is left if estimates go on being as right as they were."""
        elapsed = time.monotonic() - self.started
        ahead = self.plan.seconds - self.behind
        if self.behind <= 0:
            return f" (about {duration(ahead)} left)"
        return f" ({duration(elapsed)} elapsed, about {duration(elapsed / self.behind * ahead)} left)"
