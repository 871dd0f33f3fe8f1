"""Image files -> RGB or grey pictures of 8 bits, one stated treatment for each kind of file.

| file | treatment |
|---|---|
| truncated, zero bytes, not an image (HTML named .jpg) | refused, with the reason |
| more than 64 megapixels | refused before its pixels are decoded |
| CMYK, YCbCr, LAB, HSV | converted to RGB |
| palette, with or without transparency; LA, RGBA | laid on white |
| 16-bit grey, 32-bit integer grey | scaled by 65,535, or by the largest value where it is larger; not clipped |
| floating-point grey | scaled from its own minimum and maximum; NaN or infinity: refused |
| animated, multi-page | first frame |
| EXIF orientation | applied |
| 1 bit | black and white |
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

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
                return _eight_bits(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise UnreadableImage("not an image in a known format") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"more than {LARGEST_PIXELS // 1_000_000} million pixels") from error
    except (UnreadableImage, MemoryError):  # too little memory is not the file's fault
        raise
    except Exception as error:  # Pillow's decoders raise many kinds; each means the file cannot be read
        raise UnreadableImage(f"damaged: {' '.join(str(error).split()) or type(error).__name__}") from error


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "L"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_grey_to_bytes(np.asarray(image), is_float=image.mode == "F"))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        page = Image.new("RGBA", layer.size, "white")
        page.alpha_composite(layer)
        return page.convert("L" if image.mode in ("LA", "La") else "RGB")
    return image.convert("RGB")


def _grey_to_bytes(values: np.ndarray, *, is_float: bool) -> np.ndarray:
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise UnreadableImage("some of its pixels are NaN or infinite")
    low, high = (values.min(), values.max()) if is_float else (0.0, max(65535.0, float(values.max())))
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
