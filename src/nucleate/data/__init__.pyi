from ._decoding import UnreadableImage, UnreadableSample, decode_image
from ._samples import RESERVED_COLUMNS, Samples, Source
from ._texts import TextSource
from ._thumbnails import decode_thumbnails, encode_thumbnails, thumbnail
from .readers import digits, from_arrays, from_cifar, from_folder, from_hub, from_idx, from_modmnist, from_table

__all__ = [
    "RESERVED_COLUMNS",
    "Samples",
    "Source",
    "TextSource",
    "UnreadableImage",
    "UnreadableSample",
    "decode_image",
    "decode_thumbnails",
    "digits",
    "encode_thumbnails",
    "from_arrays",
    "from_cifar",
    "from_folder",
    "from_hub",
    "from_idx",
    "from_modmnist",
    "from_table",
    "thumbnail",
]
