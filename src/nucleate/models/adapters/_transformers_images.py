"""transformers' description of how images are prepared -> our preprocessing."""

from __future__ import annotations

import math
from typing import Any

from nucleate.errors import ModelError
from nucleate.models._preprocessing import CropMode, Preprocessing, crop_fraction

FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}  # Pillow's numbers
DONE_HERE = {"do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb"}


def preprocessing_of(name: str, described: dict[str, Any]) -> Preprocessing:
    """The preprocessing that an image processor's fields describe.

    Raises
    ------
    ModelError
        When it does something to images that nucleate does not.
    """
    odd = [key for key, value in described.items() if key.startswith("do_") and value is True and key not in DONE_HERE]
    if odd:
        raise unlike(name, f"with {odd[0]}")
    if not described.get("do_resize", True):
        raise unlike(name, "without resizing")
    factor = described.get("rescale_factor", 1 / 255)
    if not described.get("do_rescale", True) or not math.isclose(factor, 1 / 255) or described.get("rescale_offset"):
        raise unlike(name, "to another range than 0 to 1")
    size, crop, mode = geometry(name, described)
    normalised = described.get("do_normalize", True)
    mean = tuple(described["image_mean"]) if normalised else (0.0, 0.0, 0.0)
    std = tuple(described["image_std"]) if normalised else (1.0, 1.0, 1.0)
    interpolation: Any = FILTERS.get(int(described.get("resample", 2)), "unknown")
    return Preprocessing(size, 1 if len(mean) == 1 else 3, mean, std, interpolation, crop, mode)


def geometry(name: str, described: dict[str, Any]) -> tuple[tuple[int, int], float, CropMode]:
    """Size of the result, the fraction cut out, and whether the aspect ratio is kept."""
    size = described["size"]
    wanted = described.get("crop_size") if described.get("do_center_crop") else None
    shortest = size.get("shortest_edge")
    fraction = described.get("crop_pct")
    if shortest is not None and fraction is not None:  # ConvNeXt's rule: large images are squashed, not cropped
        if shortest >= 384:
            return (shortest, shortest), 1.0, "squash"
        return (shortest, shortest), crop_fraction(shortest, int(shortest / fraction)), "center"
    if shortest is not None and wanted is not None:
        cut = wanted["height"], wanted["width"]
        if cut[0] == cut[1] <= shortest:
            return cut, crop_fraction(cut[0], shortest), "center"
    if "height" in size and "width" in size:
        resized = size["height"], size["width"]
        cut = (wanted["height"], wanted["width"]) if wanted else resized
        if cut == resized or (cut[0] == cut[1] and resized[0] == resized[1] >= cut[0]):
            return cut, crop_fraction(cut[0], resized[0]), "squash"
    raise unlike(name, f"to size {size} and crop {wanted}")


def unlike(name: str, how: str) -> ModelError:
    """The error of an image processor that does what we do not."""
    return ModelError(
        f"{name} prepares its images {how}, which nucleate does not do",
        "Load it in a function of yours, with a preprocessing of your choice, and pass package.module:function",
    )
