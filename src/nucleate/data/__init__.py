"""Samples: where they come from, how they are read, and the table that gives each its row."""

from nucleate.data.arrays import from_arrays
from nucleate.data.cifar import from_cifar
from nucleate.data.decoding import UnreadableImage, UnreadableSample, decode_image
from nucleate.data.digits import digits
from nucleate.data.folder import from_folder
from nucleate.data.hub import from_hub
from nucleate.data.idx import from_idx
from nucleate.data.modmnist import from_modmnist
from nucleate.data.samples import RESERVED_COLUMNS, Samples, Source
from nucleate.data.table import from_table
from nucleate.data.texts import TextSource

__all__ = [
    "RESERVED_COLUMNS",
    "Samples",
    "Source",
    "TextSource",
    "UnreadableImage",
    "UnreadableSample",
    "decode_image",
    "digits",
    "from_arrays",
    "from_cifar",
    "from_folder",
    "from_hub",
    "from_idx",
    "from_modmnist",
    "from_table",
]
