"""From an image to the array a network was trained to see, with Pillow and NumPy only."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from nucleate.errors import DataError, ModelError

Interpolation = Literal["bicubic", "bilinear", "nearest"]
CropMode = Literal["center", "squash"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
MAX_PIXELS = 64_000_000  # of the resized image: a very long, thin picture would otherwise take gigabytes


@dataclass(frozen=True)
class Preprocessing:
    """Resize, crop the centre, scale to [0, 1] and standardise: the evaluation transform of timm, bit for bit.

    Parameters
    ----------
    size : (int, int)
        Height and width of the result in pixels.
    channels : 1 or 3
        Grey images become RGB for 3, colour images luminance for 1.
    mean, std : tuple of float
        One per channel, for values in [0, 1].
    interpolation : {"bicubic", "bilinear", "nearest"}
        Pillow's filter, antialiased when shrinking.
    crop : float in (0, 1]
        The image is resized to `size / crop`, then its centre is cut out.
    crop_mode : {"center", "squash"}
        Resize the shorter edge and keep the aspect ratio, or resize both edges.

    Raises
    ------
    ModelError
        When a parameter is impossible.

    Examples
    --------
    >>> from PIL import Image
    >>> to_array = Preprocessing((32, 32), 3, mean=(0.5,) * 3, std=(0.5,) * 3)
    >>> to_array(Image.new("L", (48, 64), 255))[:, 0, 0]
    array([1., 1., 1.], dtype=float32)
    """

    size: tuple[int, int]
    channels: Literal[1, 3]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: Interpolation = "bicubic"
    crop: float = 1.0
    crop_mode: CropMode = "center"

    def __post_init__(self) -> None:
        for name in ("size", "mean", "std"):  # JSON has lists only
            object.__setattr__(self, name, tuple(getattr(self, name)))
        impossible = [
            (len(self.size) != 2 or min(self.size) < 1, f"size {self.size}", "Give height and width in pixels"),
            (self.channels not in (1, 3), f"channels {self.channels}", "Give 1 or 3"),
            (
                not len(self.mean) == len(self.std) == self.channels or not all(s > 0 for s in self.std),
                f"mean {self.mean} and std {self.std}",
                f"Give {self.channels} of each, every std above zero",
            ),
            (
                self.interpolation not in get_args(Interpolation),
                f"interpolation {self.interpolation!r}",
                f"Choose from {', '.join(get_args(Interpolation))}",
            ),
            (not 0 < self.crop <= 1, f"crop {self.crop}", "Give a fraction above 0, at most 1"),
            (
                self.crop_mode not in get_args(CropMode),
                f"crop mode {self.crop_mode!r}",
                f"Choose from {', '.join(get_args(CropMode))}",
            ),
        ]
        for wrong, what, mend in impossible:
            if wrong:
                raise ModelError(f"A preprocessing cannot have {what}", mend)

    @classmethod
    def imagenet(cls, size: int = 224, channels: Literal[1, 3] = 3) -> Preprocessing:
        """The usual one for ImageNet: bilinear, crop 0.875, standardised by the mean and deviation of its channels."""
        mean, std = IMAGENET_MEAN, IMAGENET_STD
        if channels == 1:
            return cls((size, size), 1, (sum(mean) / 3,), (sum(std) / 3,), "bilinear", 0.875)
        return cls((size, size), 3, mean, std, "bilinear", 0.875)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Preprocessing:
        """Rebuild from `to_dict`, also after a journey through JSON."""
        try:
            return cls(**fields)
        except TypeError as error:
            raise ModelError(f"Cannot read a preprocessing: {error}", "It was written by another version") from error

    def to_dict(self) -> dict[str, Any]:
        """Plain fields for JSON."""
        return asdict(self)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the result."""
        return (self.channels, *self.size)

    def __call__(self, image: Image.Image | np.ndarray) -> Float[np.ndarray, "c h w"]:
        """Turn one image (Pillow, or uint8 of shape (h, w), (h, w, 1) or (h, w, 3)) into float32 (channels, h, w).

        Raises
        ------
        DataError
            When the image has more than 8 bits per channel, no pixels, or is too long and thin to be resized.
        """
        values = self.pixels(image).astype(np.float32) / np.float32(255)
        standard = (values - np.asarray(self.mean, np.float32)) / np.asarray(self.std, np.float32)
        return np.ascontiguousarray(standard.transpose(2, 0, 1))

    def pixels(self, image: Image.Image | np.ndarray) -> UInt8[np.ndarray, "h w c"]:
        """The resized and cropped image, before it is standardised.

        Raises
        ------
        DataError
            As for a call.
        """
        picture = self.picture(image)
        height, width = self.resized(picture.height, picture.width)
        if height * width > MAX_PIXELS:
            raise DataError(
                f"An image of {picture.width} x {picture.height} pixels would be resized to {width} x {height}",
                "Leave it out or crop it",
            )
        picture = picture.resize((width, height), self.filter)
        top, left = round((height - self.size[0]) / 2), round((width - self.size[1]) / 2)
        picture = picture.crop((left, top, left + self.size[1], top + self.size[0]))
        return np.asarray(picture).reshape(*self.size, self.channels)

    def picture(self, image: Image.Image | np.ndarray) -> Image.Image:
        """The whole image with the channels the network wants."""
        return as_picture(image).convert("RGB" if self.channels == 3 else "L")

    @property
    def filter(self) -> Image.Resampling:
        """Pillow's filter for resizing."""
        return getattr(Image.Resampling, self.interpolation.upper())

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """Height and width an image is resized to before the crop."""
        target = math.floor(self.size[0] / self.crop), math.floor(self.size[1] / self.crop)
        if self.crop_mode == "squash":
            return target
        if target[0] != target[1]:  # timm rounds here and truncates below
            ratio = min(height / target[0], width / target[1])
            return round(height / ratio), round(width / ratio)
        long = int(target[0] * max(height, width) / min(height, width))
        return (target[0], long) if height <= width else (long, target[0])


def crop_fraction(size: int, resized: int) -> float:
    """The `crop` that resizes to `resized` pixels exactly before `size` are cut out.

    Examples
    --------
    >>> crop_fraction(224, 256)
    0.875
    """
    fraction = size / resized
    return fraction if math.floor(size / fraction) == resized else math.nextafter(fraction, 0)


def as_picture(image: Image.Image | np.ndarray) -> Image.Image:
    """A Pillow image of 8 bits per channel."""
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3))):
            raise DataError(
                f"An array of shape {image.shape} and dtype {image.dtype} is not an image",
                "Pass uint8 of shape (h, w) or (h, w, 3), or set preprocessing to None to feed arrays as they are",
            )
        image = image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image
        if image.size:
            return Image.fromarray(np.ascontiguousarray(image))
        raise DataError(f"An image of shape {image.shape} has no pixels", "Leave it out")
    if image.mode.startswith("I") or image.mode == "F":
        raise DataError(f"An image of Pillow mode {image.mode!r} has more than 8 bits per channel", "Rescale it first")
    if min(image.size) < 1:
        raise DataError(f"An image of {image.width} x {image.height} pixels has no pixels", "Leave it out")
    return image
