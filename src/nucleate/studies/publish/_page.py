"""The report of the studies: one page with every verdict, then each study with its pictures and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from nucleate.errors import RunFolderError
from nucleate.reports.content import number
from nucleate.reports.pages import fill_template
from nucleate.storage import write_bytes
from nucleate.studies._catalogue import studies
from nucleate.studies.declare import Study
from nucleate.studies.execute import Outcome, outcomes
from nucleate.studies.figures import harmless
from nucleate.studies.publish._verdict_table import MARKS, VerdictRow, as_markdown, verdict_rows

PAGE, TABLE = "report.html", "verdicts.md"
ROWS_SHOWN = 1000
"""Of a picture's table; the file beside it holds every row."""


@dataclass(frozen=True)
class ShownPicture:
    """A picture with its number on the page and the rows of its table."""

    number: int
    caption: str
    markup: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int
    is_bare: bool


@dataclass(frozen=True)
class ShownOutcome:
    """A study's verdicts and pictures on one set of data; stale where other claims are declared by now."""

    id: str
    outcome: Outcome
    rows: tuple[VerdictRow, ...]
    pictures: tuple[ShownPicture, ...]
    is_stale: bool


@dataclass(frozen=True)
class ShownStudy:
    """A study with everything that is known of it."""

    study: Study
    outcomes: tuple[ShownOutcome, ...]


def report(root: str | Path) -> Path:
    """Write the page of a folder of studies, `report.html`, and beside it the verdicts as Markdown, `verdicts.md`.

    The page opens from disk without a network, without JavaScript, on paper and on a phone. The same outcomes give the
    same bytes.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    RunFolderError
        When the folder holds no outcome of a study, or a damaged one.
    StorageError
        When a file cannot be written.
    """
    folder = Path(root)
    found = known_outcomes(folder)
    if not found:
        raise RunFolderError(f"{folder} holds no outcome of a study", "Run some: nucleate study run all --out FOLDER")
    return write_page(folder)


def write_page(root: Path) -> Path:
    """Write the page and the table of verdicts of whatever outcomes there are."""
    found = known_outcomes(root)
    write_bytes(root / TABLE, as_markdown(verdict_rows(found)).encode())
    write_bytes(root / PAGE, render(found))
    return root / PAGE


def known_outcomes(root: Path) -> list[Outcome]:
    """The outcomes in a folder of studies that there still are, in the order of the catalogue, small scale first."""
    order = {id_: place for place, id_ in enumerate(studies())}
    settings = {
        (study.id, scale, setting.name): place
        for study in studies().values()
        for scale, declared in study.settings.items()
        for place, setting in enumerate(declared)
    }
    found = [each for each in outcomes(root) if (each.study, each.scale, each.setting) in settings]
    return sorted(
        found,
        key=lambda each: (order[each.study], each.scale == "paper", settings[each.study, each.scale, each.setting]),
    )


def render(found: Sequence[Outcome]) -> bytes:
    """The bytes of the page."""
    counter = iter(range(1, 10_000))
    shown = []
    for study in studies().values():
        own = [outcome for outcome in found if outcome.study == study.id]
        if own:
            shown.append(ShownStudy(study, tuple(_shown(study, outcome, counter) for outcome in own)))
    rows = verdict_rows(found)
    counts = {verdict: sum(row.finding.verdict == verdict for row in rows) for verdict in MARKS}
    scales = list(dict.fromkeys(outcome.scale for outcome in found))
    return fill_template(
        "studies.html.j2", studies=shown, rows=rows, counts=counts, scales=scales, anchor=anchor,
        rows_shown=ROWS_SHOWN, known=len(studies()),
    )  # fmt: skip


def anchor(study: str, scale: str = "", setting: str = "") -> str:
    """Where on the page a study or one of its settings is.

    Examples
    --------
    >>> anchor("A-fig2", "small", "digits, seed 0")
    'A-fig2-small-digits--seed-0'
    """
    told = "-".join(part for part in (study, scale, setting) if part)
    return "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in told)


def _shown(study: Study, outcome: Outcome, counter: object) -> ShownOutcome:
    pictures = []
    for picture in outcome.pictures:
        table = picture.table.head(ROWS_SHOWN)
        pictures.append(
            ShownPicture(
                next(counter),  # type: ignore[call-overload]
                picture.caption,
                harmless(picture.markup),
                tuple(table.columns),
                tuple(tuple(_cell(value) for value in row) for row in table.rows()),
                picture.table.height - table.height,
                picture.markup.lstrip().startswith("<svg"),
            )
        )
    place = anchor(outcome.study, outcome.scale, outcome.setting)
    declared = [claim.text for claim in study.claims if outcome.scale in claim.scales]
    is_stale = [text for text, _ in outcome.claims] != declared
    return ShownOutcome(place, outcome, tuple(verdict_rows([outcome])), tuple(pictures), is_stale)


def _cell(value: object) -> str:
    return number(value) if isinstance(value, float) or value is None else str(value)
