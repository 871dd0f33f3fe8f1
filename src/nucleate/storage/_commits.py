"""Commit records: a small JSON file, written last, that says which files a finished unit of work has left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nucleate.storage._atomic import encode_json, remove, write_bytes, write_json
from nucleate.storage._fingerprint import digest, digest_bytes


@dataclass(frozen=True)
class Commit:
    """A finished unit of work.

    Attributes
    ----------
    fingerprint : str
        sha256 of everything the work depended on.
    files : dict
        File path relative to the record's folder -> {"bytes": size, "sha256": digest}.
    facts : dict
        What else the work found out and later steps need without opening the files.
    """

    fingerprint: str
    files: dict[str, dict[str, Any]]
    facts: dict[str, Any] = field(default_factory=dict)


def commit(
    record: Path, files: Mapping[str, bytes], *, fingerprint: str, facts: Mapping[str, Any] | None = None
) -> Commit:
    """Write every file, then the record that vouches for them.

    Parameters
    ----------
    record : Path
        Where the record goes (`*.json`).
    files : mapping
        Path relative to the record's folder -> bytes.
    fingerprint : str
        What the work depended on, hashed.
    facts : mapping, optional
        Anything JSON can hold.
    """
    # A record of earlier work must not vouch for a mixture of old and new files while these are being written.
    earlier = read_commit(record)
    remove(record)
    for name in set(earlier.files if earlier else ()) - set(files):
        remove(record.parent / name)  # nothing stays that nothing vouches for
    entries = {}
    for name, data in files.items():
        write_bytes(record.parent / name, data)
        entries[name] = {"bytes": len(data), "sha256": digest_bytes(data)}
    done = Commit(fingerprint=fingerprint, files=entries, facts=dict(facts or {}))
    _write_record(record, done)
    return done


def vouch(record: Path, paths: Sequence[Path], *, facts: Mapping[str, Any] | None = None) -> None:
    """Write a record for files that are there already, beside or below it; one that says the same stays as it is."""
    entries = {}
    for path in paths:
        data = path.read_bytes()
        entries[path.relative_to(record.parent).as_posix()] = {"bytes": len(data), "sha256": digest_bytes(data)}
    done = Commit(fingerprint=digest(entries), files=entries, facts=dict(facts or {}))
    if read_commit(record) != done:
        _write_record(record, done)


def _write_record(record: Path, done: Commit) -> None:
    content = {"fingerprint": done.fingerprint, "files": done.files, "facts": done.facts}
    write_json(record, {**content, "sha256": digest(content)})


def read_commit(record: Path) -> Commit | None:
    """The content of a record; None when it is missing or damaged: it carries its own digest."""
    try:
        data = record.read_bytes()
        content = json.loads(data)
        if encode_json(content) != data:  # not as it was written, be it by a newline
            return None
        own = content.pop("sha256")
        return Commit(**content) if digest(content) == own else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def committed(record: Path, fingerprint: str) -> Commit | None:
    """The finished work at `record`, or None when it has to be done (again).

    Done means: the record is whole, of this fingerprint, and each of its files is present with the size it should have.
    """
    found = read_commit(record)
    if found is None or found.fingerprint != fingerprint:
        return None
    return found if all(_size(record.parent / name) == entry["bytes"] for name, entry in found.files.items()) else None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
