"""What each study is, as a document: `python -m nucleate.studies.publish._reference > docs/studies.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from nucleate.studies._catalogue import studies
from nucleate.studies.declare import DATA_SETS, Probed, Published, Scale, Study, Trained
from nucleate.studies.execute import works_of

HEADING = """# The papers as studies

Every figure and table of the two papers whose instruments these are, as an experiment that one command repeats:

    nucleate study list
    nucleate study run all --scale small --data DATA --out studies
    nucleate study run A-fig2 --scale paper --data DATA --out studies --plan

**A** is Nguyen & Kornblith, *Probing clustering in neural network representations* (2023); **B** is Doimo, Glielmo,
Ansuini & Laio, *Hierarchical nucleation in deep neural networks* (2020). At `small` scale everything ends within an
hour on two cores; at `paper` scale it is the authors' own protocol. A claim is **confirmed** when the whole interval of
its effect lies where the claim puts it, **refuted** when the whole interval lies elsewhere, else **undecided**.

This page is written from the declarations: `python -m nucleate.studies.publish._reference > docs/studies.md`.
"""

SCALES: Mapping[Scale, str] = {"small": "Small scale", "paper": "Paper scale"}


def render_reference(found: Iterable[Study]) -> str:
    """The document, in Markdown."""
    declared = list(found)
    parts = [HEADING, "\n".join(_data(declared))]
    parts += ["\n".join(_study(study)) for study in declared]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _data(declared: list[Study]) -> Iterator[str]:
    used = {
        name
        for study in declared
        for settings in study.settings.values()
        for setting in settings
        for name in setting.data
    }
    layouts: dict[str, list[str]] = {}
    for name in DATA_SETS:
        if name in used:
            layouts.setdefault(DATA_SETS[name].layout, []).append(f"`{name}`")
    yield "## Data"
    yield ""
    yield f"Built in: {', '.join(layouts.pop('', ['nothing']))}."
    yield "What else is needed is looked for in the folder that `--data` names:"
    yield ""
    yield "| data | layout |"
    yield "|---|---|"
    for layout, names in layouts.items():
        yield f"| {', '.join(names)} | {layout} |"
    weights: dict[str, list[str]] = {}
    for network in _published(declared):
        weights.setdefault(network.spec, []).append(f"`{network.checkpoint}`")
    for spec, files in weights.items():
        yield f"| published weights of {spec} | {', '.join(files)} |"


def _published(declared: list[Study]) -> Iterator[Published]:
    """Networks whose weights are files in the folder of data, each once."""
    works = (work for scale in get_args(Scale) for work in works_of(declared, scale) if isinstance(work, Probed))
    networks = dict.fromkeys(work.network for work in works)
    yield from (network for network in networks if isinstance(network, Published) and network.checkpoint)


def _study(study: Study) -> Iterator[str]:
    yield f"## {study.id}: {study.title}"
    yield ""
    yield f"Section {study.section}."
    yield ""
    yield f"**In the paper.** {study.paper}"
    for scale in get_args(Scale):
        if scale not in study.ours:
            continue
        yield ""
        yield f"**{SCALES[scale]}.** {study.ours[scale]} {_settings(study, scale)}"
    if study.claims:
        yield ""
        yield "Claims:"
        yield ""
        for claim in study.claims:
            only = f" ({claim.scales[0]} scale only)" if len(claim.scales) == 1 else ""
            yield f"- {claim.text}{only}"


def _settings(study: Study, scale: Scale) -> str:
    told = []
    for setting in study.settings.get(scale, ()):
        trainings = sum(isinstance(work, Trained) for work in setting.works)
        probes = sum(isinstance(work, Probed) for work in setting.works)
        of = "" if setting.name in setting.data else f" of {', '.join(setting.data)}"
        told.append(f"{setting.name}{of} ({_count(trainings, 'training')}, {_count(probes, 'probe')})")
    return f"*Data: {'; '.join(told)}.*" if told else "*Nothing can be done at this scale.*"


def _count(number: int, name: str) -> str:
    return f"{number} {name if number == 1 else name + 's'}"


if __name__ == "__main__":
    sys.stdout.write(render_reference(studies().values()))
