"""modMNIST: digits shrunk and moved about a black canvas (Doimo, Glielmo, Ansuini & Laio 2020, appendix A.5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from PIL import Image

from nucleate.data._decoding import LARGEST_PIXELS
from nucleate.data._samples import Samples, Source
from nucleate.errors import DataError
from nucleate.storage import digest

CANVAS = 224
SMALLEST, LARGEST = 0.2, 0.4
"""The longer side of a digit, as a share of the canvas."""


@dataclass(frozen=True)
class MovedDigits:
    """Reads the pictures of another source, each shrunk and put somewhere on a black canvas.

    Attributes
    ----------
    source : Source
    ids : tuple of str
        The name of each row, from which its size and place are drawn.
    canvas : int
        Pixels of the canvas' side.
    seed : int
    """

    source: Source
    ids: tuple[str, ...]
    canvas: int
    seed: int

    def read(self, row: int) -> Image.Image:
        """The canvas with the digit of a row.

        Raises
        ------
        UnreadableSample
            When the digit cannot be read.
        DataError
            When the sample is no picture.
        """
        picture = self.source.read(row)
        if not isinstance(picture, Image.Image):
            kind = "a text" if isinstance(picture, str) else "an array of floats"
            raise DataError(f"Row {row} of the digits is {kind}", "Only pictures can be moved about a canvas")
        size, across, down = uniforms(f"{self.seed} {self.ids[row]}")
        share = (SMALLEST + (LARGEST - SMALLEST) * size) * self.canvas / max(picture.size)
        width, height = (max(1, round(share * side)) for side in picture.size)
        small = picture.resize((width, height), Image.Resampling.BILINEAR)
        whole = Image.new(picture.mode, (self.canvas, self.canvas))
        whole.paste(small, (int(across * (self.canvas - width + 1)), int(down * (self.canvas - height + 1))))
        return whole


def from_modmnist(samples: Samples, *, canvas: int = CANVAS, seed: int = 0) -> Samples:
    """Samples like modMNIST: each digit resized to between 0.2 and 0.4 of a canvas and put at a random place on it.

    A digit's size and place depend on the seed and its `id` alone: the same for ever, whatever other samples there are.

    Parameters
    ----------
    samples : Samples
        Bright digits on black: `from_idx` of MNIST, or the built-in `digits`.
    canvas : int
        Pixels of the canvas' side; the paper's is 224.
    seed : int
        Of sizes and places.

    Raises
    ------
    DataError
        When the canvas is too small for a digit or too large for an image.

    Notes
    -----
    Pictures are made when they are read. The paper shrinks digits and then scales the picture up to 224 pixels; here a
    digit goes to its final size in one step, which blurs it less.

    Examples
    --------
    >>> from nucleate.data import digits
    >>> from_modmnist(digits(), canvas=64)
    Samples('modMNIST of digits': 1078 train, 719 validation; Hierarchy(superclass 3 > subclass 10))
    """
    if not 5 <= canvas <= int(LARGEST_PIXELS**0.5):
        raise DataError(f"A canvas cannot have {canvas} pixels a side", "Choose 64, or 224 as the paper does")
    how = [canvas, seed, SMALLEST, LARGEST]
    ids = tuple(samples.table["id"])
    contents = [
        # The picture is its recipe: making each one to hash it would take longer than reading the data set.
        content and digest([content, name, how])
        for content, name in samples.table.select("sha256", "id").iter_rows()
    ]
    table = samples.table.with_columns(pl.Series("sha256", contents, dtype=pl.String))
    source = MovedDigits(samples.source, ids, canvas, seed)
    return Samples(table, source, samples.hierarchy, f"modMNIST of {samples.name}")


def uniforms(key: str) -> tuple[float, float, float]:
    """Three numbers between 0 and 1 that hang on a text alone, with any version of any library.

    Examples
    --------
    >>> [round(number, 3) for number in uniforms("0 digit-0000")]
    [0.187, 0.247, 0.444]
    """
    words = np.frombuffer(hashlib.sha256(key.encode()).digest()[:24], "<u8")
    first, second, third = (int(word >> np.uint64(11)) / 2**53 for word in words)
    return first, second, third
