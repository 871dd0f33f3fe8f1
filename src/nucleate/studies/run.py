"""Running a study: its works, its verdicts, its pictures."""

from __future__ import annotations

from collections.abc import Sequence

from nucleate.studies.evidence import Evidence
from nucleate.studies.outcome import Outcome, save
from nucleate.studies.study import Scale, Setting, Study
from nucleate.studies.works import Probed, Trained
from nucleate.studies.workshop import Workshop


def run_setting(study: Study, setting: Setting, scale: Scale, workshop: Workshop) -> Outcome:
    """Do every work of a setting that is not done, test the claims, draw, and keep the outcome.

    Interrupted, the same call goes on where it stopped.
    """
    trainings = {work: workshop.train(work) for work in setting.works if isinstance(work, Trained)}
    probes = [work for work in setting.works if isinstance(work, Probed)]
    with workshop.reporter.steps(f"{study.id} on {setting.name}: probes", len(probes)) as advance:
        runs = {}
        for work in probes:
            runs[work] = workshop.probe(work)
            advance()
    evidence = Evidence(setting, runs, trainings)
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


def works_of(studies: Sequence[Study], scale: Scale) -> tuple[Trained | Probed, ...]:
    """Everything that some studies have to do at a scale, each once."""
    return tuple(dict.fromkeys(w for study in studies for setting in study.settings[scale] for w in setting.works))
