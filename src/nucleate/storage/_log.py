"""A log of one JSON object per line, each line with its own checksum, so that damage can be told from history."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from nucleate.storage._atomic import write_bytes

_MARK = ', "crc32": '


def append_line(path: Path, entry: dict[str, Any]) -> None:
    """Add one line. A process killed here leaves a torn last line, which `mend_log` takes away."""
    with path.open("a", encoding="utf-8") as file:
        file.write(_line(entry) + "\n")


def damaged_lines(path: Path) -> list[int]:
    """The numbers (from 1) of lines that are not as they were written."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    wrong = [number for number, line in enumerate(lines[:-1], start=1) if not _is_whole(line)]
    return wrong + ([len(lines)] if lines[-1] else [])


def mend_log(path: Path) -> None:
    """Take damaged lines away."""
    wrong = set(damaged_lines(path))
    if wrong:
        lines = path.read_bytes().split(b"\n")[:-1]
        write_bytes(path, b"".join(line + b"\n" for number, line in enumerate(lines, 1) if number not in wrong))


def _line(entry: dict[str, Any]) -> str:
    text = json.dumps(entry, ensure_ascii=False)[:-1]
    return f"{text}{_MARK}{zlib.crc32(text.encode())}}}"


def _is_whole(line: bytes) -> bool:
    text, mark, checksum = line.rpartition(_MARK.encode())
    return bool(mark) and checksum == f"{zlib.crc32(text)}}}".encode()
