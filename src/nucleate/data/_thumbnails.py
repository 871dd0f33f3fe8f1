"""Small pictures of samples, made while they are decoded, so that a report needs nothing but its run folder."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from nucleate.storage import encode_parquet

LONGEST_SIDE = 96
LOSSLESS_SIDE = 32  # tiny pictures are kept as they are: a JPEG would smear their few pixels


def thumbnail(sample: Image.Image | np.ndarray) -> bytes | None:
    """A PNG or JPEG of at most 96 pixels a side; None for arrays that are not pictures."""
    image = sample if isinstance(sample, Image.Image) else _picture(sample)
    if image is None:
        return None
    buffer = io.BytesIO()
    if max(image.size) <= LOSSLESS_SIDE:
        image.save(buffer, "PNG", optimize=True)
    else:
        small = image.copy()
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _picture(values: np.ndarray) -> Image.Image | None:
    """A float input of shape (1 or 3, height, width), stretched to its own range."""
    if values.ndim != 3 or values.shape[0] not in (1, 3):
        return None
    step = max(1, max(values.shape[1:]) // LONGEST_SIDE)  # no more pixels than a thumbnail shows
    values = values[:, ::step, ::step]
    if not np.isfinite(values).all():
        return None
    low, high = float(values.min()), float(values.max())
    grey = np.zeros_like(values) if high == low else (values - low) * (255 / (high - low))
    pixels = np.rint(grey).astype(np.uint8)
    return Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def encode_thumbnails(thumbnails: Mapping[int, bytes]) -> bytes:
    """The Parquet bytes of row -> picture."""
    rows = sorted(thumbnails)
    pictures = pl.Series("image", [thumbnails[row] for row in rows], dtype=pl.Binary)
    return encode_parquet(pl.DataFrame({"row": pl.Series(rows, dtype=pl.Int64), "image": pictures}))


def decode_thumbnails(folder: Path, rows: list[int]) -> dict[int, bytes]:
    """The pictures of the given rows that a folder of thumbnail files holds."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        return {}
    found = pl.scan_parquet(files).filter(pl.col("row").is_in(rows)).collect()
    return dict(found.iter_rows())
