"""One process at a time on a run folder. The operating system drops the lock when its holder dies, however it dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nucleate.errors import RunFolderError, StorageError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process.

    Raises
    ------
    RunFolderError
        When another process is working in the folder.
    StorageError
        When the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("a+b")
    except OSError as error:
        mend = "Choose an output folder that you may write to"
        raise StorageError(f"Could not open the run folder {folder}: {error.strerror or error}", mend) from error
    with file:
        if not _try_lock(file):
            raise RunFolderError(
                f"Another process is working in {folder}", "Wait for it to end, or choose another output folder"
            )
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
