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
from nucleate.models import Preprocessing
from nucleate.studies.declare._draws import draw_training
from nucleate.studies.declare._nucleation_classes import nucleation_classes
from nucleate.suggestions import did_you_mean

FASHION_TRAIN, FASHION_TEST = 10_000, 2_000
"""Images that are taken of Fashion-MNIST."""

GREY_SIDE = 32
"""Pixels a side of photos made grey and small."""

FASHION = {
    "tops": ("T-shirt", "pullover", "coat", "shirt"),
    "shoes": ("sandal", "sneaker", "ankle boot"),
    "others": ("trouser", "dress", "bag"),
}
"""Superclasses of several kinds each: whoever looks for hidden subclasses needs some."""

DRAWS = (0, 1, 2)
"""Disjoint draws of training images, where images are what is repeated."""

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


def natural_fashion() -> Hierarchy:
    """Kinds of clothes by superclass."""
    return Hierarchy.from_paths([f"{group}/{kind}" for group, kinds in FASHION.items() for kind in kinds])


def _fashion(folder: Path) -> Samples:
    """Fashion-MNIST under three superclasses of several kinds each, fewer images of it."""
    samples = data.from_idx(folder / "fashion-mnist", hierarchy=natural_fashion())
    counts = {"train": FASHION_TRAIN, "test": FASHION_TEST}
    return samples.take(np.concatenate([samples.rows(split)[:count] for split, count in counts.items()]))


def _grocery(folder: Path) -> Samples:
    return data.from_folder(folder / "grocery", levels=("superclass", "subclass"))


def _grocery_grey(folder: Path) -> Samples:
    """The photos of the test split, grey and small: for networks that read nothing else, and quick to read again."""
    photos = _grocery(folder)
    photos = photos.take(photos.rows("test"))
    shrink = Preprocessing((GREY_SIDE, GREY_SIDE), 1, mean=(0.5,), std=(0.5,))
    pictures = np.stack([shrink.pixels(photos.source.read(row))[..., 0] for row in range(len(photos))])  # type: ignore[arg-type]
    return data.from_arrays(
        pictures, photos.labels(photos.levels[-1]), hierarchy=photos.hierarchy, split="test",
        ids=photos.table["id"].to_list(), name="grocery-grey",
    )  # fmt: skip


def _breeds(name: str) -> Callable[[Path], Samples]:
    return lambda folder: data.from_folder(folder / "imagenet", hierarchy=Hierarchy.breeds(name))


def _nucleation(classes: int, per_class: int, draw: int = 0) -> Callable[[Path], Samples]:
    """Training images of classes of Doimo et al. 2020."""
    return lambda folder: draw_training(
        data.from_folder(folder / "imagenet", hierarchy=nucleation_classes(classes)), per_class, draw
    )


def _fashion_draw(per_class: int, draw: int = 0) -> Callable[[Path], Samples]:
    return lambda folder: draw_training(_fashion(folder), per_class, draw)


def _digits_draw(per_class: int, draw: int = 0) -> Callable[[Path], Samples]:
    return lambda _: draw_training(data.digits(), per_class, draw)


def _cifar(folder: Path) -> Samples:
    return data.from_cifar(folder / "cifar-10-python.tar.gz")


def _ten_classes(name: str) -> Callable[[Path], Samples]:
    """300 training images of each class of a set that is learned whole."""
    return lambda folder: draw_training(find(name).load(folder), 300)


def _folder(name: str) -> Callable[[Path], Samples]:
    return lambda folder: data.from_folder(folder / name)


FASHION_FILES = "fashion-mnist/ with its four idx files (Debian package dataset-fashion-mnist)"
MNIST = "mnist/ with its four idx files"
GROCERY = "grocery/train/SUPERCLASS/SUBCLASS/*.jpg and grocery/test/... (examples/grocery/unpack_photos.py)"
CIFAR = "cifar-10-python.tar.gz as its authors publish it"
IMAGENET = "imagenet/train/n01440764/*.JPEG and imagenet/val/n01440764/*.JPEG, one folder per WordNet id"

DATA_SETS: Mapping[str, DataSet] = MappingProxyType(
    {
        found.name: found
        for found in (
            DataSet("digits", "", "", lambda _: data.digits()),
            DataSet("modmnist-digits", "", "", lambda _: data.from_modmnist(data.digits(), canvas=32)),
            DataSet("fashion-mnist", FASHION_FILES, "fashion-mnist", _fashion),
            DataSet("fashion-mnist-300", FASHION_FILES, "fashion-mnist", _fashion_draw(300)),
            *(
                DataSet(f"fashion-mnist-100-{draw}", FASHION_FILES, "fashion-mnist", _fashion_draw(100, draw))
                for draw in DRAWS
            ),
            *(DataSet(f"digits-34-{draw}", "", "", _digits_draw(34, draw)) for draw in DRAWS),
            DataSet("grocery", GROCERY, "grocery", _grocery),
            DataSet("grocery-grey", GROCERY, "grocery", _grocery_grey),
            *(DataSet(name, IMAGENET, "imagenet", _breeds(name)) for name in BREEDS),
            DataSet("imagenet-300x300", IMAGENET, "imagenet", _nucleation(300, 300)),
            *(DataSet(f"imagenet-50x100-{draw}", IMAGENET, "imagenet", _nucleation(50, 100, draw)) for draw in DRAWS),
            DataSet("mnist", MNIST, "mnist", lambda folder: data.from_idx(folder / "mnist")),
            DataSet("modmnist", MNIST, "mnist", lambda folder: data.from_modmnist(data.from_idx(folder / "mnist"))),
            DataSet("cifar10", CIFAR, "cifar-10-python.tar.gz", _cifar),
            *(
                DataSet(f"{name}-300", layout, marker, _ten_classes(name))
                for name, layout, marker in (
                    ("mnist", MNIST, "mnist"),
                    ("modmnist", MNIST, "mnist"),
                    ("cifar10", CIFAR, "cifar-10-python.tar.gz"),
                )
            ),
            *(
                DataSet(name, f"{name}/{layout}", name, _folder(name))
                for name, layout in (
                    ("tf-flowers", "CLASS/*.jpg, all of its images"),
                    ("uc-merced", "CLASS/*.jpg, all of its images"),
                    ("pets", "test/CLASS/*.jpg, its test split"),
                    ("cars196", "test/CLASS/*.jpg, its test split"),
                )
            ),
        )
    }
)
"""Name -> data set."""
