"""Random resized crops and flips.

Szegedy et al., "Going deeper with convolutions", CVPR 2015 (https://arxiv.org/abs/1409.4842), section 6: a crop takes a
random share of the area, with an aspect ratio between 3/4 and 4/3.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from PIL import Image

from nucleate.models import Preprocessing

TRIES = 10
LOG_RATIO = math.log(4 / 3)


def crop_boxes(
    sizes: Float[np.ndarray, "n 2"], area: tuple[float, float], generator: np.random.Generator
) -> Float[np.ndarray, "n 4"]:
    """Random boxes (left, top, right, bottom) inside images of the given widths and heights, in pixels.

    The share of the area is uniform in `area`, the logarithm of width by height uniform between those of 3/4 and 4/3.
    Of ten tries the first that fits is taken; if none does, the largest centred box of a ratio within the limits.
    """
    share, ratio, across, down = generator.random((4, len(sizes), TRIES))
    width, height = sizes[:, :1], sizes[:, 1:]
    areas = (area[0] + (area[1] - area[0]) * share) * width * height
    ratios = np.exp((2 * ratio - 1) * LOG_RATIO)
    widths, heights = np.sqrt(areas * ratios), np.sqrt(areas / ratios)
    fits = (widths <= width) & (heights <= height)
    first = np.arange(len(sizes)), fits.argmax(1)
    limit = math.exp(LOG_RATIO)
    whole = np.minimum(sizes, limit * sizes[:, ::-1])
    taken = np.where(fits.any(1)[:, None], np.stack([widths[first], heights[first]], 1), whole)
    place = np.where(fits.any(1)[:, None], np.stack([across[first], down[first]], 1), 0.5)
    corner = place * (sizes - taken)
    return np.concatenate([corner, np.minimum(corner + taken, sizes)], 1)


def cropped(
    picture: UInt8[np.ndarray, "i j c"], box: Float[np.ndarray, " 4"], preprocessing: Preprocessing
) -> UInt8[np.ndarray, "h w c"]:
    """A box of an image, resized to the network's input."""
    height, width = preprocessing.size
    image = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
    resized = image.resize((width, height), preprocessing.filter, box=tuple(box.tolist()))
    return np.asarray(resized).reshape(height, width, preprocessing.channels)


def flipped(images: Shaped[np.ndarray, "n h w c"], generator: np.random.Generator) -> Shaped[np.ndarray, "n h w c"]:
    """A copy in which half of the images, at random, are mirrored left and right."""
    mirror = generator.random(len(images)) < 0.5
    return np.where(mirror[:, None, None, None], images[:, :, ::-1], images)
