import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from nucleate.data import from_idx
from nucleate.data.readers._idx import FASHION_KINDS, FASHION_LABELS, fashion_groups, read_idx
from nucleate.errors import DataError, HierarchyError
from nucleate.labels import Hierarchy

FASHION = Path("/usr/share/datasets/fashion-mnist")


def idx(values: np.ndarray) -> bytes:
    """An idx file of bytes, written as the format's description has it."""
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def write(
    folder: Path, split: str, count: int, *, packed: bool = False, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (count, 5, 4), np.uint8)
    labels = (np.arange(count) % 3).astype(np.uint8)
    for name, values in (("images-idx3", images), ("labels-idx1", labels)):
        data, end = idx(values), "-ubyte.gz" if packed else "-ubyte"
        (folder / f"{split}-{name}{end}").write_bytes(gzip.compress(data) if packed else data)
    return images, labels


@pytest.mark.parametrize("packed", [False, True])
def test_splits_images_and_labels_are_as_written(tmp_path: Path, packed: bool) -> None:
    images, labels = write(tmp_path, "train", 9, packed=packed)
    test_images, _ = write(tmp_path, "t10k", 6, packed=packed, seed=1)
    samples = from_idx(tmp_path)
    assert samples.split_sizes == {"train": 9, "test": 6}
    assert samples.levels == ("class",)
    assert samples.labels("class", samples.rows("train")).tolist() == [str(label) for label in labels]
    for row in range(9):
        np.testing.assert_array_equal(np.asarray(samples.source.read(row)), images[row])
    np.testing.assert_array_equal(np.asarray(samples.source.read(14)), test_images[5])
    assert samples.table["id"].to_list()[8:10] == ["train-00008", "test-00000"]


def test_packed_and_unpacked_files_are_the_same_samples(tmp_path: Path) -> None:
    for name in ("plain", "packed", "both"):
        (tmp_path / name).mkdir()
        for packed in (False, True):
            if name in ("both", "packed" if packed else "plain"):
                write(tmp_path / name, "train", 9, packed=packed)
    found = {name: from_idx(tmp_path / name).fingerprint for name in ("plain", "packed", "both")}
    assert len(set(found.values())) == 1


def test_the_first_of_each_split_are_the_beginning_of_all(tmp_path: Path) -> None:
    write(tmp_path, "train", 9)
    write(tmp_path, "test", 7, seed=1)
    some, all_ = from_idx(tmp_path, first=4), from_idx(tmp_path)
    assert some.split_sizes == {"train": 4, "test": 4}
    joined = some.table.join(all_.table, on="id")
    assert joined.height == 8
    assert joined["sha256"].equals(joined["sha256_right"].rename("sha256"))


def test_classes_get_names_and_a_hierarchy(tmp_path: Path) -> None:
    write(tmp_path, "train", 6)
    samples = from_idx(tmp_path, classes=["p", "q", "r"], hierarchy=Hierarchy.from_paths(["a/p", "a/q", "b/r"]))
    assert samples.labels("superclass").tolist() == list("aabaab")
    with pytest.raises(DataError, match=r"Sample 2 of .* is of class 2, and 2 names are given"):
        from_idx(tmp_path, classes=["p", "q"])
    with pytest.raises(HierarchyError, match="'0'"):
        from_idx(tmp_path, hierarchy=Hierarchy.from_paths(["a/p", "b/q"]))


@pytest.mark.parametrize("packed", [False, True])
def test_a_truncated_file_is_named(tmp_path: Path, packed: bool) -> None:
    write(tmp_path, "train", 9, packed=packed)
    path = next(tmp_path.glob("*images*"))
    data = path.read_bytes()
    for kept in (0, 3, 10, 17, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:kept])
        with pytest.raises(DataError, match=r"train-images-idx3-ubyte.*(truncated|claims|not an idx file)"):
            from_idx(tmp_path)


def test_damage_inside_a_packed_file_is_found(tmp_path: Path) -> None:
    write(tmp_path, "train", 9, packed=True)
    path = next(tmp_path.glob("*images*"))
    whole = path.read_bytes()
    for place in range(12, len(whole)):  # before: flags and a date, which say nothing of the content
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(DataError, match="train-images"):
            from_idx(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>not found</html>", "is not an idx file: it begins with 3c 68 74 6d"),
        (struct.pack(">HBB3I", 0, 0x0D, 3, 1, 1, 1) + b"abcd", "holds 3 axes of type 0x0d, not 3 of bytes"),
        (idx(np.zeros((40, 3), np.uint8)), "holds 2 axes of type 0x08, not 3"),
        (struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"abcd", "claims 7.*bytes of values and"),
        (struct.pack(">HBB3I", 0, 8, 3, 1, 2, 3) + b"1234567", "claims 1 x 2 x 3 values and holds more"),
        (struct.pack(">HBB3I", 0, 8, 3, 1, 2, 3) + b"12345", "claims 1 x 2 x 3 values and holds 5"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes, message: str, packed: bool) -> None:
    path = tmp_path / ("x.gz" if packed else "x")
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=message):
        read_idx(path, axes=3)


def test_a_small_file_that_unpacks_to_much_takes_no_more_than_it_claims(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(struct.pack(">HBB1I", 0, 8, 1, 10) + bytes(50_000_000)))
    with pytest.raises(DataError, match="claims 10 values and holds more"):
        read_idx(path, axes=1)


def test_folders_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        from_idx(tmp_path / "no")
    with pytest.raises(DataError, match="holds no idx files"):
        from_idx(tmp_path)
    write(tmp_path, "train", 6)
    with pytest.raises(DataError, match="at least 1"):
        from_idx(tmp_path, first=0)
    write(tmp_path, "emnist-train", 6)
    with pytest.raises(DataError, match="holds two data sets: emnist-train-images-idx3-ubyte and train-images"):
        from_idx(tmp_path)
    for path in {*tmp_path.glob("emnist*"), *tmp_path.glob("*labels*")}:
        path.unlink()
    with pytest.raises(DataError, match="stands without its labels"):
        from_idx(tmp_path)


def test_images_and_labels_must_agree_in_number(tmp_path: Path) -> None:
    write(tmp_path, "train", 6)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(5, np.uint8)))
    with pytest.raises(DataError, match="holds 6 images and train-labels-idx1-ubyte 5 labels"):
        from_idx(tmp_path)


def test_fashion_mnist_is_known_by_its_labels() -> None:
    assert sorted(fashion_groups().leaves) == sorted(FASHION_KINDS)
    assert len(FASHION_LABELS) == 2
    if not FASHION.is_dir():
        pytest.skip("needs the Debian package dataset-fashion-mnist")
    samples = from_idx(FASHION, first=500)
    assert samples.name == "Fashion-MNIST"
    assert samples.split_sizes == {"train": 500, "test": 500}
    # As its authors' own readme begins: an ankle boot, two T-shirts.
    assert samples.labels("subclass")[:3].tolist() == ["ankle boot", "T-shirt", "T-shirt"]
    assert samples.labels("superclass")[:3].tolist() == ["shoes", "tops", "tops"]
