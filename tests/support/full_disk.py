"""Probes on a disk that fills up at every tenth write: `python full_disk.py FOLDER tmpfs|double`, a JSON line for each.

With `tmpfs`, FOLDER is a small file system of its own, really filled; with `double`, writing fails as if it were.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nucleate.cli import main
from nucleate.pipeline.plan import _plan as plan
from nucleate.storage import _atomic as atomic
from support.small_run import contents

COMMAND = ["probe", "--model", "my_network:make", "--data", "photos", "--layers", "output", "-k", "3"]
COMMAND += ["--factors", "1", "--quiet"]


class FillingDisk:
    """Counts the files that are written, and is full from one of them on until space is freed."""

    def __init__(self, folder: Path, *, is_real: bool) -> None:
        self.ballast, self.is_real = folder / "ballast", is_real
        self.full_from: int | None = None
        self.writes = 0

    @contextlib.contextmanager
    def full_at(self, number: int | None) -> Iterator[None]:
        self.full_from, self.writes = number, 0
        try:
            yield
        finally:
            self.full_from = None
            self.ballast.unlink(missing_ok=True)

    def count(self) -> None:
        """One more file is about to be written."""
        if self.full_from is not None and self.writes >= self.full_from:
            if not self.is_real:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.fill()
        self.writes += 1

    def fill(self) -> None:
        for size in (2**16, 512):  # to the last page
            with contextlib.suppress(OSError), self.ballast.open("ab", buffering=0) as file:
                while True:
                    file.write(b"\0" * size)


def run(out: Path) -> tuple[int, str]:
    """Exit code and last words of one command."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            main([*COMMAND, "--out", str(out)])
        except SystemExit as stop:
            return int(stop.code or 0), told.getvalue()
    return 0, told.getvalue()


def digest(out: Path) -> str:
    return hashlib.sha256(repr(sorted(contents(out).items())).encode()).hexdigest()


def rehearse(folder: Path, *, is_real: bool) -> Iterator[dict[str, object]]:
    disk = FillingDisk(folder, is_real=is_real)
    write = atomic._write

    def counted(file: io.FileIO, data: bytes) -> None:
        disk.count()
        write(file, data)

    atomic._write = counted
    plan.ROWS_PER_BLOCK = 8
    with disk.full_at(None):
        code, told = run(folder / "whole")
    assert code == 0, told
    whole, writes = digest(folder / "whole"), disk.writes
    for number in range(0, writes, 10):
        out = folder / f"full-{number}"
        with disk.full_at(number):
            code, told = run(out)
        again, _ = run(out)
        yield {"write": number, "of": writes, "code": code, "told": told, "again": again, "same": digest(out) == whole}


if __name__ == "__main__":
    for answer in rehearse(Path(sys.argv[1]), is_real=sys.argv[2] == "tmpfs"):
        print(json.dumps(answer), flush=True)
