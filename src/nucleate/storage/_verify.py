"""Finding what time, disks and other programs have done to committed files: every byte is hashed again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nucleate.storage._commits import read_commit


@dataclass(frozen=True)
class Damage:
    """A file that is not what its commit record says, or a record that is not what it was.

    Attributes
    ----------
    path : Path
        The damaged or missing file.
    record : Path
        The commit record of the unit of work it belongs to; without it the unit is made anew.
    what : str
        "missing", "3 bytes instead of 7", "changed", "unreadable record".
    """

    path: Path
    record: Path
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def find_damage(records: Sequence[Path], *, advance: Callable[[], object] = lambda: None) -> list[Damage]:
    """Hash every file that commit records vouch for again.

    Parameters
    ----------
    records : sequence of Path
        The commit records.
    advance : callable
        Called after each record.

    Notes
    -----
    Reads every byte once: about a second per gigabyte.
    """
    found = []
    for record in records:
        commit = read_commit(record)
        if commit is None:
            found.append(Damage(record.resolve(), record, "unreadable record" if record.exists() else "missing"))
        else:
            for name, entry in commit.files.items():
                path = (record.parent / name).resolve()
                what = _difference(path, int(entry["bytes"]), str(entry["sha256"]))
                if what:
                    found.append(Damage(path, record, what))
        advance()
    return found


def _difference(path: Path, size: int, sha256: str) -> str | None:
    try:
        with path.open("rb") as file:
            actual = path.stat().st_size
            if actual != size:
                return f"{actual} bytes instead of {size}"
            return None if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else "changed"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
