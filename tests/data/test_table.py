import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from nucleate.data import UnreadableImage, UnreadableSample, from_folder, from_table
from nucleate.errors import DataError, HierarchyError
from nucleate.labels import Hierarchy

ROWS = {
    "file": ["b.png", "sub/a.png", "c.png", "d.png"],
    "kind": ["fruit", "fruit", "milk", "milk"],
    "name": ["pear", "007", "oat", "oat"],
    "part": ["train", "val", "dev", "holdout"],
}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for place, name in enumerate(ROWS["file"]):
        Image.fromarray(np.full((5, 7, 3), 10 * place, np.uint8)).save(tmp_path / name)
    return tmp_path


def write(folder: Path, kind: str, rows: dict[str, list[str | None]] = ROWS) -> Path:  # type: ignore[assignment]
    path = folder / f"photos.{kind}"
    frame = pl.DataFrame(rows)
    frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "frame"])
def test_rows_are_the_tables_rows(photos: Path, kind: str) -> None:
    table = pl.DataFrame(ROWS) if kind == "frame" else write(photos, kind)
    root = photos if kind == "frame" else None
    samples = from_table(table, path_column="file", levels=["kind", "name"], split_column="part", root=root)
    assert samples.table["path"].to_list() == ROWS["file"]
    assert samples.table["split"].to_list() == ["train", "validation", "validation", "holdout"]
    assert samples.levels == ("kind", "name")
    assert samples.labels("name").tolist() == ["pear", "007", "oat", "oat"]  # numbers with zeros in front stay names
    assert samples.name == ("table" if kind == "frame" else "photos")
    for row, file in enumerate(ROWS["file"]):
        assert samples.table["sha256"][row] == hashlib.sha256((photos / file).read_bytes()).hexdigest()
        assert np.asarray(samples.source.read(row))[0, 0, 0] == 10 * row


def test_the_same_images_as_a_folder_and_as_a_table(photos: Path) -> None:
    for old, new in (("b.png", "tree/a/p/1.png"), ("c.png", "tree/a/q/1.png")):
        (photos / new).parent.mkdir(parents=True)
        (photos / old).rename(photos / new)
    folder = from_folder(photos / "tree")
    frame = pl.DataFrame({"path": ["a/p/1.png", "a/q/1.png"], "superclass": ["a", "a"], "subclass": ["p", "q"]})
    table = from_table(frame, path_column="path", levels=["superclass", "subclass"], root=photos / "tree")
    assert table.fingerprint == folder.fingerprint


def test_missing_files_and_paths_keep_their_rows(photos: Path) -> None:
    (photos / "c.png").unlink()
    table = write(photos, "csv", ROWS | {"file": ["b.png", None, "c.png", "d.png"]})
    samples = from_table(table, path_column="file")
    assert samples.table["id"].to_list() == ["b.png", "row-1", "c.png", "d.png"]
    assert (samples.levels, samples.split_sizes) == ((), {"all": 4})
    for row, reason in ((1, "its path is missing"), (2, "cannot be opened: No such file")):
        with pytest.raises(UnreadableImage, match=reason):
            samples.source.read(row)


TEXTS = ["a small dog\nof a breed", None, "a small dog\nof a breed", "x" * 500, " "]


def test_texts_may_repeat_and_be_missing() -> None:
    samples = from_table({"gloss": TEXTS, "kind": list("abacb")}, text_column="gloss", levels=["kind"])
    assert samples.table["id"].to_list() == [f"row-{row}" for row in range(5)]
    assert samples.table["text"].to_list()[:3] == ["a small dog of a breed", None, "a small dog of a breed"]
    assert len(samples.table["text"][3]) == 280
    assert samples.table["sha256"][0] == hashlib.sha256(TEXTS[0].encode()).hexdigest()  # type: ignore[union-attr]
    assert samples.source.read(3) == TEXTS[3]
    for row, reason in ((1, "text is missing"), (4, "text is empty")):
        with pytest.raises(UnreadableSample, match=reason):
            samples.source.read(row)
    changed = from_table({"gloss": ["other", *TEXTS[1:]], "kind": list("abacb")}, text_column="gloss", levels=["kind"])
    assert changed.fingerprint != samples.fingerprint


def test_leaves_of_a_hierarchy_in_one_column() -> None:
    hierarchy = Hierarchy.from_paths(["dog/n1", "dog/n2", "cat/n3"])
    frame = {"text": ["one", "two", "three"], "leaf": ["n3", "n1", "n2"]}
    samples = from_table(frame, text_column="text", levels=["leaf"], hierarchy=hierarchy)
    assert samples.labels("superclass").tolist() == ["cat", "dog", "dog"]
    with pytest.raises(DataError, match="Row 1 has the class 'n9'"):
        from_table(frame | {"leaf": ["n3", "n9", "n2"]}, text_column="text", levels=["leaf"], hierarchy=hierarchy)
    with pytest.raises(DataError, match="0 are named"):
        from_table(frame, text_column="text", hierarchy=hierarchy)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either image paths or texts.*columns are 'file', 'kind'"),
        ({"path_column": "file", "text_column": "name"}, "either image paths or texts"),
        ({"path_column": "fil"}, "photos.csv has no column 'fil'. Did you mean 'file'"),
        ({"path_column": "file", "levels": ["kinds"]}, "no column 'kinds'. Did you mean 'kind'"),
        ({"path_column": "file", "split_column": "prt"}, "no column 'prt'. Did you mean 'part'"),
        ({"path_column": "kind"}, "Two samples have the id 'fruit'"),
    ],
)
def test_wrong_columns_are_named(photos: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_table(write(photos, "csv"), **options)  # type: ignore[arg-type]


def test_missing_labels_and_splits_are_named(photos: Path) -> None:
    table = write(photos, "csv", ROWS | {"name": ["pear", None, "oat", "oat"], "part": ["train", "", "x", "y"]})
    with pytest.raises(HierarchyError, match="Row 1, column 'name'"):
        from_table(table, path_column="file", levels=["kind", "name"])
    with pytest.raises(DataError, match="Row 1 has no split"):
        from_table(table, path_column="file", split_column="part")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "neither CSV nor Parquet"),
        ("b.csv", None, "b.csv does not exist"),
        ("c.csv", b"", "cannot be read"),
        ("d.parquet", b"PAR1 torn", "cannot be read"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        from_table(tmp_path / name, text_column="text")


def test_columns_of_lists_and_things_that_are_no_table() -> None:
    with pytest.raises(DataError, match=r"holds List"):
        from_table(pl.DataFrame({"text": [["a"], ["b"]]}), text_column="text")
    with pytest.raises(DataError, match="int is no table"):
        from_table(3, text_column="text")


def test_columns_of_video_and_audio_are_refused() -> None:
    for name, kind in (("clips/a.mp4", "video"), ("b.flac", "audio")):
        with pytest.raises(DataError, match=rf"Column 'file' of table holds 1 {kind} file \(first {name}\)"):
            from_table(pl.DataFrame({"file": [None, name]}), path_column="file")
