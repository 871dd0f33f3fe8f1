"""How large the data sets of the studies are as published: what plans count with before any of them is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nucleate.studies.declare._data_sets import DRAWS, FASHION_TEST, FASHION_TRAIN


@dataclass(frozen=True)
class Size:
    """The size of a data set.

    Attributes
    ----------
    train, evaluation : int
        Images that are learned, 0 where none are, and that are clustered.
    superclasses, subclasses : int
        Classes in all, 1 superclass where there is one level of labels.
    image : tuple of int
        Channels, height and width, for networks that take images of any size.
    """

    train: int
    evaluation: int
    superclasses: int
    subclasses: int
    image: tuple[int, int, int] = (3, 224, 224)


DIGITS, MOVED_DIGITS, FASHION, CIFAR = (1, 8, 8), (1, 32, 32), (1, 28, 28), (3, 32, 32)
LARGE = (1, 224, 224)


def _of_imagenet(superclasses: int, subclasses: int) -> Size:
    """Of ImageNet classes: most have 1,300 images to learn, all have 50 to validate."""
    return Size(1300 * subclasses, 50 * subclasses, superclasses, subclasses)


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "digits": Size(1078, 719, 3, 10, DIGITS),
        "modmnist-digits": Size(1078, 719, 3, 10, MOVED_DIGITS),
        **{f"digits-34-{draw}": Size(0, 340, 3, 10, DIGITS) for draw in DRAWS},
        "fashion-mnist": Size(FASHION_TRAIN, FASHION_TEST, 3, 10, FASHION),
        "fashion-mnist-300": Size(0, 3000, 3, 10, FASHION),
        **{f"fashion-mnist-100-{draw}": Size(0, 1000, 3, 10, FASHION) for draw in DRAWS},
        "grocery": Size(1631, 1518, 12, 50),
        "grocery-grey": Size(0, 1518, 12, 50, MOVED_DIGITS),
        "entity13-4": _of_imagenet(13, 52),
        "living17": _of_imagenet(17, 68),
        "nonliving26": _of_imagenet(26, 104),
        "imagenet-300x300": Size(0, 90_000, 14, 300),
        **{f"imagenet-50x100-{draw}": Size(0, 5000, 4, 50) for draw in DRAWS},
        "mnist": Size(60_000, 10_000, 1, 10, FASHION),
        "modmnist": Size(60_000, 10_000, 1, 10, LARGE),
        "cifar10": Size(50_000, 10_000, 1, 10, CIFAR),
        "mnist-300": Size(0, 3000, 1, 10, FASHION),
        "modmnist-300": Size(0, 3000, 1, 10, LARGE),
        "cifar10-300": Size(0, 3000, 1, 10, CIFAR),
        "tf-flowers": Size(0, 3670, 1, 5),
        "uc-merced": Size(0, 2100, 1, 21),
        "pets": Size(0, 3669, 1, 37),
        "cars196": Size(0, 8041, 1, 196),
    }
)
"""Name of a data set -> its size."""
