"""Telling people how far the work is: bars on a terminal, one plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from nucleate.errors import printable
from nucleate.storage import append_line

SECONDS_BETWEEN_LINES = 10.0


class Reporter:
    """Says what happens on a text stream, and in the run folder's log.

    Parameters
    ----------
    stream : text stream or None
        Where people read; None says nothing.
    log : Path, optional
        A file that gets one JSON line per event.
    """

    def __init__(self, stream: TextIO | None = sys.stderr, log: Path | None = None) -> None:
        self._stream = stream
        self.log = log

    @property
    def stream(self) -> TextIO | None:
        """Where people read; None where nobody does."""
        return self._stream

    def say(self, text: str, **facts: Any) -> None:
        """One line for people, with facts for the log."""
        if self._stream is not None:
            print(printable(text), file=self._stream, flush=True)
        self._record(text, facts)

    @contextmanager
    def steps(self, title: str, total: int) -> Iterator[Any]:
        """A piece of work of `total` steps; call what is yielded after each step."""
        started = time.monotonic()
        if self._stream is None:
            yield lambda: None
        elif self._stream.isatty():
            with self._bar(title, total) as advance:
                yield advance
        else:
            yield self._plain(title, total, started)
        self._record(f"{title}: done", {"steps": total, "seconds": round(time.monotonic() - started, 3)})

    @contextmanager
    def _bar(self, title: str, total: int) -> Iterator[Any]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description:<24}", markup=False), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=Console(file=self._stream)) as bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)

    def _plain(self, title: str, total: int, started: float) -> Any:
        done, last = 0, started

        def advance() -> None:
            nonlocal done, last
            done += 1
            now = time.monotonic()
            if done < total and now - last < SECONDS_BETWEEN_LINES and not (done == 1 and total > 1 and now - last > 1):
                return
            last = now
            rest = (now - started) / done * (total - done)
            print(
                f"{title}: {done}/{total}" + (f", about {duration(rest)} left" if done < total else ""),
                file=self._stream,
                flush=True,
            )

        return advance

    def _record(self, text: str, facts: dict[str, Any]) -> None:
        if self.log is None:
            return
        entry: dict[str, Any] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "text": text, **facts}
        try:
            append_line(self.log, entry)
        except OSError:
            self.log = None  # the log serves people; results must not fail with it


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
