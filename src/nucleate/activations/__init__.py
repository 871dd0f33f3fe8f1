"""One pass over the samples, all chosen layers at once."""

from nucleate.activations.extract import Block, extract
from nucleate.activations.loading import Batch, batches, first_input, fit_lengths
from nucleate.activations.thumbnails import decode_thumbnails, encode_thumbnails

__all__ = [
    "Batch",
    "Block",
    "batches",
    "decode_thumbnails",
    "encode_thumbnails",
    "extract",
    "first_input",
    "fit_lengths",
]
