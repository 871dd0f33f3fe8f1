"""How much memory there is, as containers and batch systems limit it."""

from pathlib import Path

import pytest

from nucleate import machine
from nucleate.machine import UNLIMITED, available_memory, control_group_room

GB = 2**30


def group(folder: Path, version: int, *, limit: int | str, taken: int, cache: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.max", "memory.current") if version == 2 else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    for name, value in zip(names, (limit, taken), strict=True):
        (folder / name).write_text(f"{value}\n")
    name = "inactive_file" if version == 2 else "total_inactive_file"
    (folder / "memory.stat").write_text(f"anon 5\n{name} {cache}\n")


@pytest.mark.parametrize(("version", "line"), [(2, "0::/job/task"), (1, "4:cpu,memory:/job/task")])
def test_the_narrowest_group_counts(tmp_path: Path, version: int, line: str) -> None:
    root = tmp_path / "cgroup" if version == 2 else tmp_path / "cgroup" / "memory"
    (tmp_path / "own").write_text(f"9:pids:/job/task\n{line}\n")

    def room() -> int:
        return control_group_room(tmp_path / "cgroup", tmp_path / "own")

    no_limit = "max" if version == 2 else 9223372036854771712
    group(root / "job" / "task", version, limit=no_limit, taken=GB)
    assert room() > 2**60
    group(root / "job", version, limit=8 * GB, taken=3 * GB, cache=GB)
    assert room() == 6 * GB
    group(root / "job" / "task", version, limit=2 * GB, taken=GB)
    assert room() == GB
    group(root / "job" / "task", version, limit=2 * GB, taken=3 * GB)
    assert room() == 0


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    group(tmp_path / "cgroup", 2, limit=4 * GB, taken=GB)
    (tmp_path / "own").write_text("0::/docker/0123\n")
    assert control_group_room(tmp_path / "cgroup", tmp_path / "own") == 3 * GB


def test_without_control_groups_nothing_is_limited(tmp_path: Path) -> None:
    assert control_group_room(tmp_path, tmp_path / "nothing") == UNLIMITED


def test_the_plan_sees_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < available_memory() < 2**50
    monkeypatch.setattr(machine, "control_group_room", lambda: 12345)
    assert available_memory() == 12345
