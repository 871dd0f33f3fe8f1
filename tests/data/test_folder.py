import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nucleate.data import UnreadableImage, from_folder
from nucleate.errors import DataError, HierarchyError
from nucleate.labels import Hierarchy


def paint(path: Path, value: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((5, 7, 3), value, np.uint8)).save(path)


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    for place, name in enumerate(["fruit/apple/b.png", "fruit/apple/a.png", "fruit/pear/c.png", "milk/oat/d.png"]):
        paint(tmp_path / "photos" / name, 10 * place)
    return tmp_path / "photos"


def test_nested_folders_are_levels_and_rows_follow_sorted_paths(nested: Path) -> None:
    samples = from_folder(nested)
    assert samples.table["path"].to_list() == [
        "fruit/apple/a.png", "fruit/apple/b.png", "fruit/pear/c.png", "milk/oat/d.png",
    ]  # fmt: skip
    assert samples.levels == ("superclass", "subclass")
    assert samples.labels("superclass").tolist() == ["fruit", "fruit", "fruit", "milk"]
    assert samples.labels("subclass").tolist() == ["apple", "apple", "pear", "oat"]
    assert samples.table["row"].to_list() == [0, 1, 2, 3]
    assert samples.split_sizes == {"all": 4}
    for row, path in enumerate(samples.table["path"]):
        assert samples.table["sha256"][row] == hashlib.sha256((nested / path).read_bytes()).hexdigest()
    assert np.asarray(samples.source.read(0))[0, 0, 0] == 10


def test_top_folders_that_are_all_splits_are_splits(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for name in ("a/x", "b/y"):
            paint(tmp_path / split / name / "1.jpg")
    samples = from_folder(tmp_path)
    assert samples.split_sizes == {"train": 2, "validation": 2}
    assert samples.evaluation_split() == "validation"
    assert samples.rows("validation").tolist() == [2, 3]
    assert samples.levels == ("superclass", "subclass")
    with pytest.raises(DataError, match="No split 'test'"):
        samples.rows("test")


def test_one_top_folder_that_is_no_split_makes_all_of_them_labels(tmp_path: Path) -> None:
    for name in ("train", "plane"):
        paint(tmp_path / name / "1.png")
    samples = from_folder(tmp_path)
    assert samples.labels(samples.levels[0]).tolist() == ["plane", "train"]


def test_flat_folders_take_their_levels_from_a_hierarchy(tmp_path: Path) -> None:
    for name in ("n1", "n2", "n3", "n9"):
        paint(tmp_path / name / "1.png")
    samples = from_folder(tmp_path, hierarchy=Hierarchy.from_paths(["dog/n1", "dog/n2", "cat/n3"]))
    assert samples.labels("superclass").tolist() == ["dog", "dog", "cat"]
    assert "n9" not in samples.table["subclass"]


def test_images_without_folders_are_unlabelled(tmp_path: Path) -> None:
    paint(tmp_path / "1.png")
    samples = from_folder(tmp_path)
    assert samples.hierarchy is None
    assert samples.levels == ()


def test_hidden_files_and_other_files_are_ignored(nested: Path) -> None:
    paint(nested / ".cache" / "x" / "1.png")
    paint(nested / "fruit" / "apple" / ".hidden.png")
    (nested / "fruit" / "apple" / "notes.txt").write_text("no image")
    assert len(from_folder(nested)) == 4


def test_a_link_loop_does_not_hang(nested: Path) -> None:
    (nested / "milk" / "oat" / "again").symlink_to(nested)
    assert len(from_folder(nested)) == 4


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda root: (root / "fruit" / "plum").mkdir(), "class folder .*plum holds no images"),
        (lambda root: paint(root / "fruit" / "lost.png"), "different depths: fruit/lost.png and fruit/apple/a.png"),
    ],
)
def test_folders_that_are_no_hierarchy_are_refused(nested: Path, break_it, message: str) -> None:  # type: ignore[no-untyped-def]
    break_it(nested)
    with pytest.raises(DataError, match=message):
        from_folder(nested)


def test_a_class_below_two_superclasses_is_refused(nested: Path) -> None:
    paint(nested / "milk" / "apple" / "1.png")
    with pytest.raises(HierarchyError, match="'apple' has two parents"):
        from_folder(nested)


def test_missing_empty_and_unmatched_folders_are_named(tmp_path: Path, nested: Path) -> None:
    with pytest.raises(DataError, match="nowhere does not exist"):
        from_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no images"):
        from_folder(tmp_path / "empty")
    with pytest.raises(DataError, match=r"No folder under .* is named by a leaf"):
        from_folder(nested, hierarchy=Hierarchy.from_paths(["dog/n1"]))
    with pytest.raises(DataError, match="No sample belongs to 'cherry'"):
        from_folder(nested, hierarchy=Hierarchy.from_paths(["f/apple", "f/pear", "f/oat", "f/cherry"]))


def test_an_unreadable_file_keeps_its_row(nested: Path) -> None:
    (nested / "fruit" / "apple" / "b.png").write_bytes(b"")
    samples = from_folder(nested)
    assert len(samples) == 4
    with pytest.raises(UnreadableImage, match="empty"):
        samples.source.read(1)
    assert samples.source.read(2) is not None


def test_the_fingerprint_sees_content_labels_and_order(nested: Path) -> None:
    before = from_folder(nested).fingerprint
    assert from_folder(nested).fingerprint == before
    paint(nested / "milk" / "oat" / "d.png", 99)
    changed = from_folder(nested).fingerprint
    assert changed != before
    (nested / "fruit" / "pear" / "c.png").rename(nested / "milk" / "oat" / "c.png")
    (nested / "fruit" / "pear").rmdir()
    assert from_folder(nested).fingerprint not in (before, changed)


def test_links_to_class_folders_are_followed(nested: Path, tmp_path: Path) -> None:
    paint(tmp_path / "elsewhere" / "1.png")
    (nested / "milk" / "soy").symlink_to(tmp_path / "elsewhere")
    samples = from_folder(nested)
    assert "milk/soy/1.png" in samples.table["path"].to_list()
    assert samples.labels("subclass").tolist().count("soy") == 1


def test_a_file_that_changes_after_it_was_listed_stops_the_run(nested: Path) -> None:
    samples = from_folder(nested)
    paint(nested / "fruit" / "apple" / "a.png", 77)
    with pytest.raises(DataError, match="changed after it was listed"):
        samples.source.read(0)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a/1.mp4", "a/2.MOV"], r"holds 2 video files \(first a/1.mp4\), and nucleate probes images and texts only"),
        (["bark.wav"], r"holds 1 audio file \(first bark.wav\)"),
        (["data/train-0.parquet"], r"holds no images, but tables such as data/train-0.parquet. .* hf:"),
        (["notes.txt", "1.mp4"], "holds no images. Image files end in"),
    ],
)
def test_other_kinds_of_data_are_named(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=message):
        from_folder(tmp_path)
