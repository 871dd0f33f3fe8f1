"""Samples from `idx` files, the format of MNIST and of what follows its example (Fashion-MNIST, EMNIST, KMNIST)."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nucleate.data._samples import Samples
from nucleate.data.readers._arrays import from_arrays
from nucleate.errors import DataError
from nucleate.labels import Hierarchy
from nucleate.storage import digest_bytes

FILE_NAME = re.compile(r"(?P<part>.*?)[-.]?(?P<kind>images|labels)[-.]idx[13]-ubyte(\.gz)?")
SPLITS = {"train": "train", "t10k": "test", "test": "test"}
"""What the files of a split have in their name, and what we call it."""

FASHION_LABELS = (
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
)
"""sha256 of Fashion-MNIST's label files, unpacked: they hold numbers, not names."""

FASHION_KINDS = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
FASHION_GROUPS = {
    "tops": ("T-shirt", "pullover", "coat", "shirt"),
    "trousers": ("trouser",),
    "dresses": ("dress",),
    "shoes": ("sandal", "sneaker", "ankle boot"),
    "bags": ("bag",),
}
"""A natural hierarchy of Fashion-MNIST's ten kinds of clothes."""

BYTES = 0x08  # the code of 8-bit numbers in an idx header
LARGEST_BYTES = 8 * 2**30
MOST_COMPRESSED = 1032  # deflate cannot shrink anything further


def from_idx(
    folder: str | Path,
    *,
    hierarchy: Hierarchy | None = None,
    classes: Sequence[str] | None = None,
    first: int | None = None,
) -> Samples:
    """Samples from a folder of `idx` files, packed (`.gz`) or not.

    Parameters
    ----------
    folder : path
        Holds `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` (the split `train`), the same with `t10k` or
        `test` (the split `test`), or one of the two.
    hierarchy : Hierarchy, optional
        The tree whose leaves are the classes. By default the classes form one level, `class`; Fashion-MNIST, known by
        its labels, has five superclasses (`FASHION_GROUPS`).
    classes : sequence of str, optional
        The name of each number among the labels; default the numbers themselves, and Fashion-MNIST's kinds of clothes.
    first : int, optional
        How many samples of each split to take, from its beginning; default all.

    Raises
    ------
    DataError
        When the folder holds no such files or more than one data set, a file is damaged or truncated or claims another
        size than it has, images and labels differ in number, or a label has no name.
    HierarchyError
        When a class is no leaf of the hierarchy.

    Notes
    -----
    All images are held in memory, one byte per pixel. Y. LeCun, C. Cortes and C. Burges, "The MNIST database", 1998;
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST", 2017.
    """
    folder = Path(folder)
    if first is not None and first < 1:
        raise DataError(f"The first {first} samples were asked for", "Ask for at least 1")
    images, codes, splits, fashion = [], [], [], False
    for split, (image_file, label_file) in find_pairs(folder).items():
        pictures, labels = read_idx(image_file, axes=3), read_idx(label_file, axes=1)
        if len(pictures) != len(labels):
            raise DataError(
                f"{image_file} holds {len(pictures)} images and {label_file.name} {len(labels)} labels",
                "Take both from one source",
            )
        fashion = fashion or digest_bytes(header(labels) + labels.tobytes()) in FASHION_LABELS
        images.append(pictures[:first])
        codes.append(labels[:first])
        splits += [split] * len(images[-1])
    if len({array.shape[1:] for array in images}) > 1:
        raise DataError(f"Images of the splits in {folder} differ in size", "Take both from one source")
    if fashion and classes is None:
        classes = FASHION_KINDS
        hierarchy = hierarchy or fashion_groups()
    return from_arrays(
        np.concatenate(images),
        class_names(np.concatenate(codes), classes, folder),
        hierarchy=hierarchy,
        split=splits,
        ids=[f"{split}-{place:05d}" for split, part in zip(dict.fromkeys(splits), images, strict=True)
             for place in range(len(part))],
        name="Fashion-MNIST" if fashion else folder.resolve().name,
    )  # fmt: skip


def fashion_groups() -> Hierarchy:
    """The hierarchy `FASHION_GROUPS`."""
    return Hierarchy.from_paths([f"{group}/{kind}" for group, kinds in FASHION_GROUPS.items() for kind in kinds])


def class_names(codes: np.ndarray, classes: Sequence[str] | None, folder: Path) -> list[str]:
    """The name of each sample's class.

    Raises
    ------
    DataError
        When a number has no name.
    """
    if classes is None:
        return [str(code) for code in codes]
    if len(codes) and codes.max() >= len(classes):
        row = int(codes.argmax())
        raise DataError(
            f"Sample {row} of {folder} is of class {codes[row]}, and {len(classes)} names are given",
            "Name every class, from number 0 on",
        )
    return [str(classes[code]) for code in codes]


def find_pairs(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Split -> its files of images and of labels; `train` first.

    Raises
    ------
    DataError
        When there are none, one of a pair is missing, or two data sets lie in one folder.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} {'is a file' if folder.exists() else 'does not exist'}",
                        "Give the folder of the idx files")  # fmt: skip
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(folder.iterdir()):
        match = FILE_NAME.fullmatch(path.name)
        split = match and next((ours for theirs, ours in SPLITS.items() if theirs in match["part"].lower()), None)
        if not match or not split:
            continue
        earlier = found.setdefault((split, match["kind"]), path)
        if earlier.name.removesuffix(".gz") != path.name.removesuffix(".gz"):  # else: packed beside unpacked
            raise DataError(f"{folder} holds two data sets: {earlier.name} and {path.name}", "Give each its folder")
    if not found:
        raise DataError(f"{folder} holds no idx files", "They are called train-images-idx3-ubyte(.gz), and so on")
    pairs = {}
    for split in sorted({split for split, _ in found}, reverse=True):
        for kind, missing in (("images", "labels"), ("labels", "images")):
            if (split, missing) not in found:
                raise DataError(f"{found[split, kind]} stands without its {missing}", f"Add the file of {missing}")
        pairs[split] = (found[split, "images"], found[split, "labels"])
    return pairs


def read_idx(path: Path, *, axes: int) -> np.ndarray:
    """The 8-bit array in an `idx` file: two zero bytes, a type, the number of axes, their lengths, the values.

    Raises
    ------
    DataError
        When the file cannot be read, is no such file, or holds fewer or more values than its header claims; a false
        claim takes no memory.
    """
    again = "Download it again"
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            start = file.read(4 + 4 * axes)
            if len(start) < 4 + 4 * axes or start[:2] != b"\0\0":
                raise DataError(f"{path} is not an idx file: it begins with {start[:4].hex(' ') or 'nothing'}", again)
            if start[2] != BYTES or start[3] != axes:
                raise DataError(f"{path} holds {start[3]} axes of type {start[2]:#04x}, not {axes} of bytes (0x08)",
                                "Images have 3 axes, labels 1")  # fmt: skip
            shape = tuple(int(length) for length in np.frombuffer(start, ">u4", offset=4))
            claimed, size = math.prod(shape), path.stat().st_size
            if claimed > min(LARGEST_BYTES, size * (MOST_COMPRESSED if path.suffix == ".gz" else 1)):
                raise DataError(f"{path} claims {claimed:,} bytes of values and has {size:,} in all", again)
            data = file.read(claimed + 1)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is truncated or damaged ({error})", again) from error
    if len(data) != claimed:
        more = "more" if len(data) > claimed else f"{len(data):,}"
        raise DataError(f"{path} claims {' x '.join(map(str, shape))} values and holds {more}", again)
    return np.frombuffer(data, np.uint8).reshape(shape)


def header(values: np.ndarray) -> bytes:
    """What stands before the values in an `idx` file."""
    return bytes((0, 0, BYTES, values.ndim)) + np.array(values.shape, ">u4").tobytes()
