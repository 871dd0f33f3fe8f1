"""Files that are either wholly there or not there at all, also after a crash or a power cut.

Write to a temporary file in the same folder, fsync it, rename it over the target, fsync the folder:
the order in which POSIX file systems promise that a reader sees the old bytes or the new, never a mixture.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.errors import StorageError

TEMPORARY_SUFFIX = ".tmp"


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file, durably and atomically; parent folders are made.

    Raises
    ------
    StorageError
        When the disk is full, read-only or failing. The earlier content of `path`, if any, is intact.
    """
    if not path.name or path.is_dir():
        raise StorageError(f"Could not write {path}: it is a folder", "Name a file")
    temporary = path.with_name(f"{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb", buffering=0) as file:
                _write(file, data)
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from error


def write_json(path: Path, value: Any) -> None:
    """Write JSON for people and programs: indented, keys in the order given."""
    write_bytes(path, encode_json(value))


def encode_json(value: Any) -> bytes:
    """The bytes of a JSON file."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a polars frame as Parquet."""
    write_bytes(path, encode_parquet(frame))


def encode_parquet(frame: pl.DataFrame) -> bytes:
    """The bytes of a Parquet file; equal frames give equal bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def remove(path: Path) -> None:
    """Remove a file that may be gone already.

    Raises
    ------
    StorageError
        When the disk is read-only or failing.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _storage_error(path, error, "remove") from error


def clean_temporary(folder: Path) -> int:
    """Remove temporary files that a killed process left in `folder`; return how many there were."""
    ours = re.compile(rf".+\.\d+{re.escape(TEMPORARY_SUFFIX)}")  # with the number of the process; others' files stay
    stale = [path for path in folder.glob(f"*{TEMPORARY_SUFFIX}") if ours.fullmatch(path.name)]
    for path in stale:
        remove(path)
    return len(stale)


def _write(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # a write may take less than it was given
        rest = rest[file.write(rest) :]


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders; its rename is journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(path: Path, error: OSError, what: str = "write") -> StorageError:
    mends = {
        errno.ENOSPC: "Free some disk space and run the same command again: it goes on from here",
        errno.EDQUOT: "Raise the quota or free some space and run the same command again",
        errno.EROFS: "Choose an output folder on a writable disk",
        errno.EACCES: "Choose an output folder that you may write to",
        errno.ENOTDIR: "A file stands where a folder is needed: choose another output folder",
        errno.EEXIST: "A file stands where a folder is needed: choose another output folder",
    }
    mend = mends.get(error.errno or 0, "Check the disk and run the same command again")
    return StorageError(f"Could not {what} {path}: {error.strerror or error}", mend)
