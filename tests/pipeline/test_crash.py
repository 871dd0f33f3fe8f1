"""A process that dies at any operation on the disk leaves a run that the same request finishes with the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nucleate.errors import StorageError
from nucleate.pipeline.folder._paths import RunFolder
from nucleate.storage import _atomic as atomic
from nucleate.storage import find_damage
from support.small_run import contents, run_probe


class Killed(BaseException):
    """The process is gone: nothing that would run after this does."""


class Disk:
    """Counts operations on the disk, and kills the process, or fails, at one of them."""

    def __init__(self, fatal: int | None, *, error: OSError | None = None) -> None:
        self.fatal, self.error = fatal, error
        self.operations = 0
        self.is_dead = False

    def operation(self) -> bool:
        """Whether this is the one at which it ends; raises where it ends at once."""
        here = self.operations == self.fatal
        self.operations += 1
        return here

    def end(self) -> None:
        if self.error is not None:
            raise self.error
        self.is_dead = True
        raise Killed

    @contextmanager
    def installed(self) -> Iterator[None]:
        write, fsync, replace, unlink = atomic._write, os.fsync, Path.replace, Path.unlink

        def torn_write(file: object, data: bytes) -> None:
            if self.operation():
                write(file, data[: len(data) // 2])  # type: ignore[arg-type]
                self.end()
            write(file, data)  # type: ignore[arg-type]

        def no_fsync(descriptor: int) -> None:
            if self.operation():
                self.end()
            fsync(descriptor)

        def no_replace(path: Path, target: Path) -> Path:
            if self.operation():
                self.end()
            return replace(path, target)

        def no_unlink(path: Path, missing_ok: bool = False) -> None:
            if self.is_dead:  # the dead do not tidy up
                return
            if self.operation():
                self.end()
            unlink(path, missing_ok)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(atomic, "_write", torn_write)
            patch.setattr(os, "fsync", no_fsync)
            patch.setattr(Path, "replace", no_replace)
            patch.setattr(Path, "unlink", no_unlink)
            yield


REQUEST = {"layers": "second", "factors": (1,), "measures": ("clusters", "label_overlap")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """The files of an undisturbed run of three blocks, and how many operations made them."""
    out = tmp_path_factory.mktemp("whole") / "run"
    disk = Disk(fatal=None)
    with disk.installed():
        run_probe(out, **REQUEST)
    assert len(list((out / "activations").glob("*.json"))) == 3
    return contents(out), disk.operations


@pytest.mark.parametrize("part", range(4))
def test_killed_at_every_operation(whole: tuple[dict[str, bytes], int], tmp_path: Path, part: int) -> None:
    files, operations = whole
    assert operations > 60, operations
    for fatal in range(part, operations, 4):
        out = tmp_path / str(fatal)
        with Disk(fatal).installed(), pytest.raises(Killed):
            run_probe(out, **REQUEST)
        blocks = {path.name: path.stat().st_mtime_ns for path in (out / "activations").glob("*.json")}
        run_probe(out, **REQUEST)
        assert contents(out) == files, fatal
        redone = [name for name, time in blocks.items() if (out / "activations" / name).stat().st_mtime_ns != time]
        assert redone == []


@pytest.mark.parametrize("number", [28, 30, 5], ids=["full", "read-only", "failing"])
def test_a_disk_that_fails_is_said_and_loses_nothing(
    whole: tuple[dict[str, bytes], int], tmp_path: Path, number: int
) -> None:
    files, operations = whole
    for fatal in range(0, operations, 10):
        out = tmp_path / str(fatal)
        with Disk(fatal, error=OSError(number, os.strerror(number))).installed(), pytest.raises(StorageError) as error:
            run_probe(out, **REQUEST)
        assert os.strerror(number) in str(error.value)
        assert [damage for damage in find_damage(RunFolder(out).records()) if damage.what != "unreadable record"] == []
        run_probe(out, **REQUEST)
        assert contents(out) == files, fatal
