"""Image files -> RGB or grey pictures of 8 bits, one stated treatment for each kind of file.

| file | treatment |
|---|---|
| truncated, zero bytes, not an image (HTML, video or audio named .jpg) | refused, with the reason |
| more than 64 megapixels, or a header that claims as much | refused before its pixels are decoded |
| CMYK, YCbCr, LAB, HSV | converted to RGB |
| palette, with or without transparency; LA, RGBA; one transparent colour | laid on white |
| 16-bit grey, 32-bit integer grey | scaled by 65,535, or by the largest value where it is larger; not clipped |
| 16-bit colour | its upper eight bits |
| floating-point grey | scaled from its own minimum and maximum; NaN or infinity: refused |
| animated, multi-page | first frame |
| EXIF orientation | applied; EXIF that cannot be read says nothing |
| colour profiles | not looked at |
| 1 bit | black and white |
| a name that ends in another format's suffix | read as what it is |
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from nucleate.data._media import what_it_is

LARGEST_PIXELS = 64_000_000
"""Images of more pixels are refused."""


class UnreadableSample(Exception):
    """A sample cannot be read; the message is the reason."""


class UnreadableImage(UnreadableSample):
    """An image cannot be read; the message is the reason."""


def decode_image(data: bytes) -> Image.Image:
    """Decode one image file to mode `RGB` or `L`.

    Raises
    ------
    UnreadableImage
        With the reason, see the table above.
    """
    if not data:
        raise UnreadableImage("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; what matters here raises
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > LARGEST_PIXELS:
                    size = f"{image.width} x {image.height}"
                    raise UnreadableImage(f"{size} pixels, more than {LARGEST_PIXELS // 1_000_000} million")
                image.load()
                return _eight_bits(_upright(image))
    except UnidentifiedImageError as error:
        found = what_it_is(data)
        raise UnreadableImage("not an image in a known format" + (f": it is {found}" if found else "")) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"more than {LARGEST_PIXELS // 1_000_000} million pixels") from error
    except (UnreadableImage, MemoryError):  # too little memory is not the file's fault
        raise
    except Exception as error:  # Pillow's decoders raise many kinds; each means the file cannot be read
        raise UnreadableImage(f"damaged: {' '.join(str(error).split()) or type(error).__name__}") from error


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF says."""
    try:
        image.getexif()
    except Exception:  # Pillow raises many kinds for a block it cannot read; the pixels are whole
        return image.copy()
    return ImageOps.exif_transpose(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_grey_to_bytes(np.asarray(image), is_float=image.mode == "F"))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        page = Image.new("RGBA", layer.size, "white")
        page.alpha_composite(layer)
        return page.convert("L" if image.mode in ("1", "L", "LA", "La") else "RGB")
    if image.mode in ("RGB", "L"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _grey_to_bytes(values: np.ndarray, *, is_float: bool) -> np.ndarray:
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise UnreadableImage("some of its pixels are NaN or infinite")
    low, high = (values.min(), values.max()) if is_float else (0.0, max(65535.0, float(values.max())))
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
