import json
import os
from pathlib import Path

import polars as pl
import pytest

from nucleate.errors import StorageError
from nucleate.storage import clean_temporary, remove, write_bytes, write_json, write_parquet
from nucleate.storage._atomic import encode_parquet


def test_writes_whole_files_and_makes_folders(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a" / "b.bin", b"one")
    write_bytes(tmp_path / "a" / "b.bin", b"two")
    assert (tmp_path / "a" / "b.bin").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.bin"]


def test_json_keeps_the_order_of_keys_and_text(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": 1, "a": "é"})
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == {"b": 1, "a": "é"}
    assert (tmp_path / "x.json").read_text(encoding="utf-8").index('"b"') < 10


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    frame = pl.DataFrame({"row": range(10_000), "name": [f"n{i % 7}" for i in range(10_000)], "value": [0.1] * 10_000})
    write_parquet(tmp_path / "x.parquet", frame)
    assert (tmp_path / "x.parquet").read_bytes() == encode_parquet(frame.clone())
    assert pl.read_parquet(tmp_path / "x.parquet").equals(frame)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = tmp_path / "x.bin"
    write_bytes(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if moment == "fsync" else (Path, "replace")), fail)
    with pytest.raises(StorageError, match=r"x\.bin: No space left on device\. Free some disk space"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match="choose another output folder"):
        write_bytes(tmp_path / "a" / "b", b"x")


def test_what_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove(tmp_path / "nothing")

    def fail(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", fail)
    with pytest.raises(StorageError, match=r"Could not remove .*x\.bin: Read-only file system. Choose an"):
        remove(tmp_path / "x.bin")


def test_stale_temporary_files_are_removed(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.json.123.tmp").write_bytes(b"half")
    (tmp_path / "deep" / "x.json").write_bytes(b"whole")
    (tmp_path / "deep" / "my notes.tmp").write_bytes(b"somebody's")
    assert clean_temporary(tmp_path) == 0
    assert clean_temporary(tmp_path / "deep") == 1
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["my notes.tmp", "x.json"]
