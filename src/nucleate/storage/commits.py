"""Commit records: a small JSON file, written last, that says which files a finished unit of work has left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nucleate.storage.atomic import write_bytes, write_json
from nucleate.storage.fingerprint import digest_bytes


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
    record.unlink(missing_ok=True)
    entries = {}
    for name, data in files.items():
        write_bytes(record.parent / name, data)
        entries[name] = {"bytes": len(data), "sha256": digest_bytes(data)}
    done = Commit(fingerprint=fingerprint, files=entries, facts=dict(facts or {}))
    write_json(record, {"fingerprint": done.fingerprint, "files": done.files, "facts": done.facts})
    return done


def read_commit(record: Path) -> Commit | None:
    """The record at `record` if it can be read and each of its files is present with the size it should have."""
    try:
        content = json.loads(record.read_bytes())
        found = Commit(fingerprint=content["fingerprint"], files=content["files"], facts=content["facts"])
        whole = all((record.parent / name).stat().st_size == entry["bytes"] for name, entry in found.files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if whole else None


def committed(record: Path, fingerprint: str) -> Commit | None:
    """The finished work at `record`, or None when it has to be done (again)."""
    found = read_commit(record)
    return found if found is not None and found.fingerprint == fingerprint else None
