"""Units of work: each names its commit record and what it depends on, and makes its files when they are not there yet.

Tasks hold paths and plain values, never live objects, so that any process may run them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleate.storage import commit, committed, digest, remove

Work = Callable[[], Mapping[str, bytes]]


@dataclass(frozen=True)
class Task:
    """A unit of work on one layer.

    Attributes
    ----------
    record : Path
        Its commit record; its files lie beside it.
    depends_on : dict
        Everything the result depends on, as JSON can hold it; its digest is the task's fingerprint.
    work : callable
        Returns file name -> bytes.
    unfinished : Path, optional
        Where long work keeps what it has so far; of no use once it is done.
    """

    record: Path
    depends_on: dict[str, Any]
    work: Work
    unfinished: Path | None = None

    @property
    def fingerprint(self) -> str:
        """sha256 of what the task depends on."""
        return digest(self.depends_on)

    @property
    def is_done(self) -> bool:
        """Whether the record is there with this fingerprint and its files are whole."""
        return committed(self.record, self.fingerprint) is not None

    def perform(self) -> None:
        """Do the work and commit it."""
        commit(self.record, self.work(), fingerprint=self.fingerprint)
        self.tidy()

    def tidy(self) -> None:
        """Remove what finished work does not need any more."""
        if self.unfinished is not None:
            remove(self.unfinished)
