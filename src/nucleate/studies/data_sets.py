"""The data sets of the studies: which of them a folder holds, and how the others would have to lie in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from nucleate import data
from nucleate.data import Samples
from nucleate.errors import DataError, UsageError
from nucleate.labels import Hierarchy
from nucleate.suggestions import did_you_mean

FASHION_TRAIN, FASHION_TEST = 10_000, 2_000
"""Images that are taken of Fashion-MNIST."""

FASHION = {
    "tops": ("T-shirt", "pullover", "coat", "shirt"),
    "shoes": ("sandal", "sneaker", "ankle boot"),
    "others": ("trouser", "dress", "bag"),
}
"""Superclasses of several kinds each: whoever looks for hidden subclasses needs some."""

BREEDS = ("entity13-4", "living17", "nonliving26")


@dataclass(frozen=True)
class DataSet:
    """Where a data set lies and how it is read.

    Attributes
    ----------
    name : str
    layout : str
        What has to lie in the folder of data, in words; empty where nothing has to.
    marker : str
        A file or folder there by which it is known; empty where none is needed.
    load : callable
        From the folder of data to the samples.
    """

    name: str
    layout: str
    marker: str
    load: Callable[[Path], Samples]

    def is_in(self, folder: Path | None) -> bool:
        """Whether the folder holds it."""
        return not self.marker or (folder is not None and (folder / self.marker).exists())

    def refuse_missing(self, folder: Path | None) -> None:
        """Raise the error that says what is missing where.

        Raises
        ------
        DataError
            When the folder does not hold the data set.
        """
        if not self.is_in(folder):
            where = f"{folder / self.marker} does not exist" if folder else "No folder of data was given"
            raise DataError(
                f"{where}: {self.name} is needed", f"Lay out {self.layout}, and name the folder with --data"
            )


def find(name: str) -> DataSet:
    """The data set of that name.

    Raises
    ------
    UsageError
        When there is none, with close names.
    """
    if name not in DATA_SETS:
        raise UsageError(f"There is no data set {name!r}", did_you_mean(name, DATA_SETS))
    return DATA_SETS[name]


def _fashion(folder: Path) -> Samples:
    """Fashion-MNIST under three superclasses of several kinds each, fewer images of it."""
    hierarchy = Hierarchy.from_paths([f"{group}/{kind}" for group, kinds in FASHION.items() for kind in kinds])
    samples = data.from_idx(folder / "fashion-mnist", hierarchy=hierarchy)
    counts = {"train": FASHION_TRAIN, "test": FASHION_TEST}
    return samples.take(np.concatenate([samples.rows(split)[:count] for split, count in counts.items()]))


def _grocery(folder: Path) -> Samples:
    return data.from_folder(folder / "grocery", levels=("superclass", "subclass"))


def _breeds(name: str) -> Callable[[Path], Samples]:
    return lambda folder: data.from_folder(folder / "imagenet", hierarchy=Hierarchy.breeds(name))


def _folder(name: str) -> Callable[[Path], Samples]:
    return lambda folder: data.from_folder(folder / name)


IMAGENET = "imagenet/train/n01440764/*.JPEG and imagenet/val/n01440764/*.JPEG, one folder per WordNet id"

DATA_SETS: Mapping[str, DataSet] = MappingProxyType(
    {
        found.name: found
        for found in (
            DataSet("digits", "", "", lambda _: data.digits()),
            DataSet("modmnist-digits", "", "", lambda _: data.from_modmnist(data.digits(), canvas=32)),
            DataSet(
                "fashion-mnist",
                "fashion-mnist/ with its four idx files (Debian package dataset-fashion-mnist)",
                "fashion-mnist",
                _fashion,
            ),
            DataSet(
                "grocery",
                "grocery/train/SUPERCLASS/SUBCLASS/*.jpg and grocery/test/... (examples/grocery/unpack_photos.py)",
                "grocery",
                _grocery,
            ),
            *(DataSet(name, IMAGENET, "imagenet", _breeds(name)) for name in BREEDS),
            *(
                DataSet(name, f"{name}/CLASS/*.jpg, one folder per class", name, _folder(name))
                for name in ("tf-flowers", "uc-merced", "pets", "cars196")
            ),
        )
    }
)
"""Name -> data set."""
