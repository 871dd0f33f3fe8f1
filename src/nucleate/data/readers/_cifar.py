"""Samples from the original archives of CIFAR-10 and CIFAR-100 (the "python version")."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.data._plain_pickle import as_text, read_plain_pickle
from nucleate.data._samples import Samples
from nucleate.data.readers._arrays import from_arrays
from nucleate.errors import DataError
from nucleate.labels import Hierarchy

SIDE = 32
GZIP = b"\x1f\x8b"
LARGEST_MEMBER = 2**28  # CIFAR-100's largest has 155 MB
ADVICE = "Download the python version again: https://www.cs.toronto.edu/~kriz/cifar.html"


@dataclass(frozen=True)
class Layout:
    """What the files of one of the two sets are called.

    Attributes
    ----------
    name : str
    parts : dict
        File -> its split, in the order of the rows.
    names : str
        The file with the names of the classes.
    levels : dict
        Level -> (key of the numbers, key of the names), broadest level first.
    """

    name: str
    parts: Mapping[str, str]
    names: str
    levels: Mapping[str, tuple[str, str]]


LAYOUTS = {
    "cifar10": Layout(
        "CIFAR-10",
        {**{f"data_batch_{place}": "train" for place in range(1, 6)}, "test_batch": "test"},
        "batches.meta",
        {"class": ("labels", "label_names")},
    ),
    "cifar100": Layout(
        "CIFAR-100",
        {"train": "train", "test": "test"},
        "meta",
        {
            "superclass": ("coarse_labels", "coarse_label_names"),
            "subclass": ("fine_labels", "fine_label_names"),
        },
    ),
}


def from_cifar(path: str | Path, *, hierarchy: Hierarchy | None = None) -> Samples:
    """Samples from CIFAR-10 or CIFAR-100 as published: 50,000 `train` and 10,000 `test` images of 32 x 32 pixels.

    The pickles inside are read without running anything they name.

    Parameters
    ----------
    path : path
        `cifar-10-python.tar.gz`, `cifar-100-python.tar.gz`, or the folder that one unpacks to.
    hierarchy : Hierarchy, optional
        The tree whose leaves are the classes. By default CIFAR-10's form one level, `class`; CIFAR-100 brings 20
        superclasses of 5 subclasses.

    Raises
    ------
    DataError
        When the file is missing, truncated or no such archive, a batch is missing or damaged, holds more than plain
        arrays, or its images and labels differ in number.
    HierarchyError
        When a class is no leaf of the hierarchy.

    Notes
    -----
    All images are held in memory, 180 MB. A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """
    path = Path(path)
    files = dict(_from_folder(path) if path.is_dir() else _from_archive(path))
    layout = _layout(path, set(files))
    tables = {name: read_plain_pickle(files[name], where=f"{name} of {path}") for name in (*layout.parts, layout.names)}
    images, splits = [], []
    labels: dict[str, list[str]] = {level: [] for level in layout.levels}
    for name, split in layout.parts.items():
        images.append(_images(tables[name].get("data"), f"{name} of {path}"))
        splits += [split] * len(images[-1])
        for level, (numbers, names) in layout.levels.items():
            labels[level] += _classes(
                tables[name].get(numbers), tables[layout.names].get(names), len(images[-1]), f"{name} of {path}"
            )
    leaf = labels[list(layout.levels)[-1]]
    return from_arrays(
        np.concatenate(images), leaf if hierarchy else labels, hierarchy=hierarchy, split=splits, name=layout.name,
        ids=[f"{name}-{place:05d}" for name, part in zip(layout.parts, images, strict=True)
             for place in range(len(part))],
    )  # fmt: skip


def _known_files() -> set[str]:
    return {name for layout in LAYOUTS.values() for name in (*layout.parts, layout.names)}


def _from_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a set in an archive, which is read once from end to end and unpacked nowhere."""
    if not path.is_file():
        raise DataError(f"The archive {path} does not exist", "Give cifar-10-python.tar.gz, or what it unpacks to")
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        with (
            gzip.open(path) if packed else path.open("rb") as content,
            tarfile.open(fileobj=content, mode="r|") as archive,
        ):
            for member in archive:
                name = Path(member.name).name
                if not member.isfile() or name not in _known_files():
                    continue
                if member.size > LARGEST_MEMBER:
                    raise DataError(f"{name} of {path} claims {member.size:,} bytes", ADVICE)
                inside = archive.extractfile(member)
                yield name, inside.read() if inside else b""
            while content.read(2**20):  # to the end, where the checksum stands
                pass
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is truncated or no archive ({error})", ADVICE) from error


def _from_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    inside = [folder for folder in (path, *sorted(path.glob("cifar-10*-*"))) if folder.is_dir()]
    for folder in inside:
        for name in sorted(_known_files()):
            file = folder / name
            if not file.is_file():
                continue
            if file.stat().st_size > LARGEST_MEMBER:
                raise DataError(f"{file} has {file.stat().st_size:,} bytes", ADVICE)
            yield name, file.read_bytes()


def _layout(path: Path, names: set[str]) -> Layout:
    found = [layout for layout in LAYOUTS.values() if names & {*layout.parts, layout.names}]
    if not found:
        raise DataError(f"{path} holds neither CIFAR-10 nor CIFAR-100 in the python version", ADVICE)
    if len(found) > 1:
        raise DataError(f"{path} holds both CIFAR-10 and CIFAR-100", "Give the folder of one of them")
    missing = [name for name in (*found[0].parts, found[0].names) if name not in names]
    if missing:
        raise DataError(f"{path} lacks {missing[0]}", ADVICE)
    return found[0]


def _images(data: Any, where: str) -> np.ndarray:
    """Rows of 3,072 bytes, the red plane first, as images."""
    width = 3 * SIDE * SIDE
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != width:
        told = getattr(data, "shape", type(data).__name__)
        raise DataError(f"{where} has no images of {width:,} bytes each (it has {told})", ADVICE)
    return np.ascontiguousarray(data.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1))


def _classes(numbers: Any, names: Any, count: int, where: str) -> list[str]:
    if not isinstance(numbers, list) or not isinstance(names, list):
        raise DataError(f"{where} has no labels, or its classes have no names", ADVICE)
    if len(numbers) != count:
        raise DataError(f"{where} holds {count} images and {len(numbers)} labels", ADVICE)
    for place, number in enumerate(numbers):
        if not isinstance(number, int) or not 0 <= number < len(names):
            raise DataError(f"Image {place} in {where} is of class {number!r}, and there are {len(names)}", ADVICE)
    told = [as_text(name) for name in names]
    return [told[number] for number in numbers]
