"""Every verdict as a row: for the terminal, for the page, for a README."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nucleate.reports.content import NO_VALUE, interval, number
from nucleate.studies.claims import Finding, Verdict
from nucleate.studies.declare import Scale
from nucleate.studies.execute import Outcome

MARKS: dict[Verdict, str] = {"confirmed": "✓", "refuted": "✗", "undecided": "?"}
"""Verdict -> a sign that needs no colour; the word always stands beside it."""


@dataclass(frozen=True)
class VerdictRow:
    """One claim of one study on one set of data.

    Attributes
    ----------
    study, setting : str
    scale : {"small", "paper"}
    claim : str
    finding : Finding
    """

    study: str
    setting: str
    scale: Scale
    claim: str
    finding: Finding

    @property
    def mark(self) -> str:
        """The sign of the verdict."""
        return MARKS[self.finding.verdict]

    @property
    def effect(self) -> str:
        """The effect with its unit."""
        unit = f" {self.finding.unit}" if self.finding.unit else ""
        return f"{number(self.finding.effect, 2)}{unit}"

    @property
    def interval(self) -> str:
        """The interval of the effect, a dash where there is none."""
        return interval(self.finding.low, self.finding.high, 2)

    @property
    def asked(self) -> str:
        """How the effect would have to lie."""
        sign = {"above": ">", "below": "<", "within": "±"}[self.finding.relation]
        return f"{sign} {number(self.finding.threshold, 2)}"

    @property
    def repetitions(self) -> str:
        """How many there were, and of what."""
        count = self.finding.repetitions
        return f"{count} {self.finding.of}" if count > 1 else f"1 ({self.finding.of})" if count else NO_VALUE


def verdict_rows(outcomes: Iterable[Outcome]) -> list[VerdictRow]:
    """A row for each claim of each outcome, in their order."""
    return [
        VerdictRow(outcome.study, outcome.setting, outcome.scale, text, finding)
        for outcome in outcomes
        for text, finding in outcome.claims
    ]


def as_markdown(rows: Sequence[VerdictRow]) -> str:
    """The table in Markdown, as READMEs show it."""
    lines = [
        "| study | data | claim | verdict | effect | 95 % interval | asked | repetitions |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (
            row.study, row.setting, row.claim, f"{row.mark} {row.finding.verdict}", row.effect, row.interval, row.asked,
            row.repetitions,
        )  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def as_summary(rows: Sequence[VerdictRow]) -> str:
    """One row for each claim in Markdown, with its verdict, effect and interval on each set of data."""
    claims: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        told = f"{row.mark} {row.setting} {row.effect}" + ("" if row.interval == NO_VALUE else f" ({row.interval})")
        claims.setdefault((row.study, row.claim), []).append(told)
    lines = ["| study | claim | verdict, effect and 95 % interval on each set of data |", "|---|---|---|"]
    for (study, claim), verdicts in claims.items():
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in (study, claim, "; ".join(verdicts))) + " |")
    return "\n".join(lines) + "\n"
