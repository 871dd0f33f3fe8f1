from pathlib import Path

import pytest

from nucleate.errors import RunFolderError, StorageError
from nucleate.storage import commit, committed, digest, digest_bytes, locked


def test_committed_work_is_found_by_its_fingerprint(tmp_path: Path) -> None:
    record = tmp_path / "task.json"
    assert committed(record, "f") is None
    done = commit(record, {"a.bin": b"abc", "sub/b.bin": b""}, fingerprint="f", facts={"rows": 3})
    assert committed(record, "f") == done
    assert committed(record, "g") is None
    assert done.files["a.bin"] == {"bytes": 3, "sha256": digest_bytes(b"abc")}


def test_work_begun_anew_is_not_vouched_for_by_its_old_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "task.json"
    commit(record, {"a.bin": b"old"}, fingerprint="f")

    def full(*_: object) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr("nucleate.storage._commits.write_bytes", full)
    with pytest.raises(StorageError):
        commit(record, {"a.bin": b"new"}, fingerprint="f")
    assert committed(record, "f") is None


def test_files_of_earlier_work_do_not_outlive_it(tmp_path: Path) -> None:
    record = tmp_path / "task.json"
    commit(record, {"a.bin": b"old", "b.bin": b"old"}, fingerprint="f")
    commit(record, {"a.bin": b"new"}, fingerprint="g")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "task.json"]


def test_digest_depends_on_values_not_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert len({digest(value) for value in ([], {}, None, "", 0, False)}) == 6


def test_a_folder_is_held_by_one_process(tmp_path: Path) -> None:
    with locked(tmp_path / "run"), pytest.raises(RunFolderError, match="Another process"), locked(tmp_path / "run"):
        pass
    with locked(tmp_path / "run"):
        pass
