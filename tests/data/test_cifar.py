import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nucleate.data import from_cifar
from nucleate.data._plain_pickle import read_plain_pickle
from nucleate.errors import DataError

COUNT = 6


def python2(table: dict[str, Any]) -> bytes:
    """A pickle as Python 2 and numpy 1 wrote CIFAR's: protocol 2, texts as bytes."""

    def text(value: bytes) -> bytes:
        return (b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<I", len(value))) + value

    def encode(value: Any) -> bytes:
        if isinstance(value, str):
            return text(value.encode())
        if isinstance(value, int):
            return b"J" + struct.pack("<i", value)
        if isinstance(value, list):
            return b"](" + b"".join(map(encode, value)) + b"e"
        shape = b"".join(b"J" + struct.pack("<i", side) for side in value.shape)
        kind = b"cnumpy\ndtype\n" + text(b"u1") + b"K\x00K\x01\x87R(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xff" * 1
        kind += b"J\xff\xff\xff\xffK\x00tb"
        start = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R"
        return start + b"(K\x01" + b"(" + shape + b"t" + kind + b"\x89" + text(value.tobytes()) + b"tb"

    return b"\x80\x02}(" + b"".join(encode(key) + encode(value) for key, value in table.items()) + b"u."


def batch(seed: int, count: int = COUNT) -> dict[str, Any]:
    images = np.random.default_rng(seed).integers(0, 256, (count, 3072), np.uint8)
    fine = [(seed + place) % 4 for place in range(count)]
    return {"data": images, "labels": fine, "fine_labels": fine, "coarse_labels": [label // 2 for label in fine]}


NAMES = {
    "label_names": ["airplane", "automobile", "bird", "cat"],
    "coarse_label_names": ["fish", "flowers"],
    "fine_label_names": ["flatfish", "shark", "orchid", "rose"],
}
PARTS = {10: [*(f"data_batch_{place}" for place in range(1, 6)), "test_batch"], 100: ["train", "test"]}


def files(kind: int, encode: Any = python2) -> dict[str, bytes]:
    tables = {name: batch(place) for place, name in enumerate(PARTS[kind])}
    tables["batches.meta" if kind == 10 else "meta"] = NAMES
    return {name: encode(table) for name, table in tables.items()}


def archive(path: Path, content: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in {"readme.html": b"<p>", **content}.items():
            info = tarfile.TarInfo(f"cifar/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def python3(table: dict[str, Any]) -> bytes:
    return pickle.dumps({key.encode(): value for key, value in table.items()}, protocol=4)


@pytest.mark.parametrize("encode", [python2, python3])
def test_cifar_10_from_its_archive(tmp_path: Path, encode: Any) -> None:
    samples = from_cifar(archive(tmp_path / "cifar-10-python.tar.gz", files(10, encode)))
    assert samples.name == "CIFAR-10"
    assert samples.split_sizes == {"train": 5 * COUNT, "test": COUNT}
    assert samples.levels == ("class",)
    for row in (0, COUNT, 5 * COUNT + 2):
        part, place = divmod(row, COUNT)
        expected = batch(part)["data"][place]
        picture = np.asarray(samples.source.read(row))
        assert picture.shape == (32, 32, 3)
        for color in range(3):  # red, green, blue planes, row by row
            np.testing.assert_array_equal(picture[..., color].ravel(), expected[color * 1024 : (color + 1) * 1024])
        assert samples.labels("class")[row] == NAMES["label_names"][batch(part)["labels"][place]]


def test_cifar_100_has_two_levels_and_its_folder_is_the_same(tmp_path: Path) -> None:
    samples = from_cifar(archive(tmp_path / "cifar-100-python.tar.gz", files(100)))
    assert samples.levels == ("superclass", "subclass")
    assert samples.labels("subclass")[:4].tolist() == ["flatfish", "shark", "orchid", "rose"]
    assert samples.labels("superclass")[:4].tolist() == ["fish", "fish", "flowers", "flowers"]
    unpacked = tmp_path / "data" / "cifar-100-python"
    unpacked.mkdir(parents=True)
    for name, data in files(100).items():
        (unpacked / name).write_bytes(data)
    assert from_cifar(unpacked).fingerprint == from_cifar(unpacked.parent).fingerprint == samples.fingerprint


class Attack:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("touched"),)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pickle.dumps(Attack()), "holds the instruction|names pathlib"),
        (pickle.dumps({"data": Attack()}), "names pathlib"),
        (b"cos\nsystem\n(S'touch touched'\ntR.", "names (os|posix|nt).system"),
        (b"\x80\x02cnumpy\nload\nU\x01x\x85R.", "names numpy.load"),
        (b"\x80\x04}\x8c\x01acnumpy\ndtype\n\x8c\x02u1\x85Rs.", "a type, not an array"),
        (b"\x80\x04}\x8c\x01acnumpy\ndtype\ns.", "a name alone"),
        (b"\x80\x02cnumpy\ndtype\n}U\x01xK\x01sb.", "a name is given a state"),
        (b"\x80\x02i__builtin__\neval\n.", "the instruction INST"),
        (b"\x80\x02U\x01ar\xff\xff\xff\x7f.", "claims 2147483647 remembered values"),
        (b"\x80\x04}" + b")" + b"\x85" * 100_000 + b"K\x01s.", "the instruction TUPLE1, or too many of it"),
        (b"", "is no plain table"),
        (b"<html>", "is no plain table"),
        (pickle.dumps([1, 2]), "holds one list"),
        (python3({"data": np.zeros((2, 3), np.int32)}), "does not hold 8-bit numbers"),
        (python2({"data": np.zeros((2, 3), np.uint8)}).replace(b"J\x03\0\0\0", b"J\x03\0\0\x40"), "claims shape"),
        (python2({"data": np.zeros((2, 3), np.uint8)})[:-9], "is no plain table"),
    ],
)
def test_a_pickle_can_do_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        read_plain_pickle(data, where="x")
    assert not list(tmp_path.iterdir())


def test_the_same_table_is_read_whoever_wrote_it() -> None:
    table = batch(3)
    rows = np.asfortranarray(table["data"])
    for data in (python2(table), python3(table), python3({**table, "data": rows}), pickle.dumps(table, protocol=3)):
        found = read_plain_pickle(data, where="x")
        assert found["labels"] == table["labels"]
        np.testing.assert_array_equal(found["data"], table["data"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda own: own.pop("data_batch_3"), "lacks data_batch_3"),
        (lambda own: own.pop("batches.meta"), "lacks batches.meta"),
        (lambda own: own.update(meta=python2(NAMES)), "holds both"),
        (lambda own: own.clear(), "holds neither"),
        (lambda own: own.update(test_batch=python2({"data": batch(0)["data"]})), "test_batch of .* has no labels"),
        (lambda own: own.update(test_batch=python2({**batch(0), "labels": [0]})), "holds 6 images and 1 labels"),
        (lambda own: own.update(test_batch=python2({**batch(0), "labels": [0] * 5 + [9]})), "Image 5 .* of class 9"),
        (lambda own: own.update(test_batch=python2({**batch(0), "data": batch(0)["data"][:, 1:]})), "no images of"),
        (lambda own: own.update(test_batch=pickle.dumps(Attack())), "test_batch of .* is no plain table"),
    ],
)
def test_what_an_archive_lacks_is_named(tmp_path: Path, change: Any, message: str) -> None:
    content = files(10)
    change(content)
    with pytest.raises(DataError, match=message):
        from_cifar(archive(tmp_path / "x.tar.gz", content))


def test_a_truncated_archive_is_no_archive(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.gz", files(100))
    data = path.read_bytes()
    for kept in (0, 1, 100, len(data) // 2, len(data) - 30, len(data) - 1):
        path.write_bytes(data[:kept])
        with pytest.raises(DataError, match=r"truncated or no archive|lacks|holds neither"):
            from_cifar(path)
    with pytest.raises(DataError, match="does not exist"):
        from_cifar(tmp_path / "no.tar.gz")


def test_no_flipped_bit_goes_unnoticed(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.gz", files(100))
    data = path.read_bytes()
    for place in range(20 + len("x.tar"), len(data), 499):  # behind the header's name and date
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x40]) + data[place + 1 :])
        with pytest.raises(DataError):
            from_cifar(path)


def test_a_member_that_claims_too_much_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("cifar/train")
    info.size = 2**40
    (tmp_path / "x.tar").write_bytes(info.tobuf() + bytes(2048))
    with pytest.raises(DataError, match="claims 1,099,511,627,776 bytes"):
        from_cifar(tmp_path / "x.tar")
