"""Samples: where they come from, how they are read, and the table that gives each its row."""

from nucleate.data.arrays import from_arrays
from nucleate.data.decoding import UnreadableImage, decode_image
from nucleate.data.digits import digits
from nucleate.data.folder import from_folder
from nucleate.data.samples import RESERVED_COLUMNS, Samples, Source

__all__ = [
    "RESERVED_COLUMNS",
    "Samples",
    "Source",
    "UnreadableImage",
    "decode_image",
    "digits",
    "from_arrays",
    "from_folder",
]
