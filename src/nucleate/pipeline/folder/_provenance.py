"""Who made a unit of work: bits of two machines never mix, and what one machine has finished serves on every other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from nucleate.storage import Commit, commit, committed, digest, read_commit


@dataclass(frozen=True)
class Provenance:
    """A commit record and what the bits behind it depend on.

    Attributes
    ----------
    record : Path
        The commit record.
    depends_on : dict
        What the bits depend on, apart from the machine.
    machine : dict
        What of this machine they depend on.
    """

    record: Path
    depends_on: dict[str, Any]
    machine: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """sha256 of what is made on this machine."""
        return self._fingerprint(self.machine)

    @property
    def is_done(self) -> bool:
        """Whether it is there, made on such a machine."""
        return committed(self.record, self.fingerprint) is not None

    def made_on(self) -> dict[str, Any] | None:
        """The machine that made what is there, if it is this."""
        found = self.found()
        return dict(found.facts["machine"]) if found else None

    def found(self) -> Commit | None:
        """What is there, whichever machine made it."""
        there = read_commit(self.record)
        machine = there.facts.get("machine") if there else None
        return committed(self.record, self._fingerprint(machine)) if isinstance(machine, dict) else None

    def commit(self, files: Mapping[str, bytes], **facts: Any) -> None:
        """Write what this machine has made."""
        commit(self.record, files, fingerprint=self.fingerprint, facts={"machine": self.machine, **facts})

    def _fingerprint(self, machine: dict[str, Any]) -> str:
        return digest([self.depends_on, machine])


class Made(Protocol):
    """A unit of work of known provenance."""

    @property
    def made(self) -> Provenance: ...


Unit = TypeVar("Unit", bound=Made)


def unfinished(found: Iterable[Unit]) -> list[Unit]:
    """The units still to be made: none where all were made on one machine, whichever it was, for bits must not mix."""
    everyone = list(found)
    machines = [unit.made.made_on() for unit in everyone]
    if machines and machines[0] is not None and all(machine == machines[0] for machine in machines):
        return []
    return [unit for unit in everyone if not unit.made.is_done]
