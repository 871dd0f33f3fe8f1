"""One row per kind of image file: what it is, and what becomes of it."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from nucleate.data import UnreadableImage, decode_image
from nucleate.data.decoding import LARGEST_PIXELS

RAMP = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (4, 1))  # 4 x 25


def file(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_alpha(mode: str) -> Image.Image:
    image = Image.new(mode, (3, 1))
    colour = (200,) if mode == "LA" else (200, 100, 0)
    for x, alpha in enumerate((0, 255, 128)):
        image.putpixel((x, 0), (*colour, alpha))
    return image


def palette(transparent: bool) -> bytes:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    return file(image, "PNG", **({"transparency": 1} if transparent else {}))


def oriented(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file(Image.fromarray(RAMP), "PNG", exif=exif)


def animated() -> bytes:
    frames = [Image.new("L", (2, 2), value) for value in (10, 200)]
    return file(frames[0], "GIF", save_all=True, append_images=frames[1:])


def pages() -> bytes:
    frames = [Image.new("L", (2, 2), value) for value in (10, 200)]
    return file(frames[0], "TIFF", save_all=True, append_images=frames[1:])


def grey(values: np.ndarray) -> Callable[[Image.Image], bool]:
    return lambda image: image.mode == "L" and np.array_equal(np.asarray(image), values)


def colours(*expected: tuple[int, int, int]) -> Callable[[Image.Image], bool]:
    return lambda image: image.mode == "RGB" and [image.getpixel((x, 0)) for x in range(len(expected))] == [*expected]


SIXTEEN = np.array([[0, 257, 65535, 32896]], np.uint16)

READABLE = {
    "RGB png": (file(Image.new("RGB", (2, 1), (1, 2, 3)), "PNG"), colours((1, 2, 3), (1, 2, 3))),
    "grey png": (file(Image.fromarray(RAMP), "PNG"), grey(RAMP)),
    "one bit": (file(Image.fromarray(RAMP > 100), "PNG"), grey(np.where(RAMP > 100, 255, 0))),
    "jpeg": (file(Image.new("RGB", (8, 8), "white"), "JPEG"), colours((255, 255, 255))),
    "CMYK jpeg": (file(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG"), colours((255, 255, 255))),
    "CMYK tiff": (file(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), colours((255, 0, 0))),
    "LAB tiff": (file(Image.new("LAB", (8, 8), (255, 128, 128)), "TIFF"), colours((254, 255, 254))),
    "RGBA on white": (file(with_alpha("RGBA"), "PNG"), colours((255, 255, 255), (200, 100, 0), (227, 177, 127))),
    "LA on white": (file(with_alpha("LA"), "PNG"), grey(np.array([[255, 200, 227]]))),
    "palette": (palette(False), colours((255, 0, 0), (0, 0, 255))),
    "palette with transparency": (palette(True), colours((255, 0, 0), (255, 255, 255))),
    "16-bit png is scaled": (file(Image.fromarray(SIXTEEN), "PNG"), grey(np.array([[0, 1, 255, 128]]))),
    "16-bit tiff is scaled": (file(Image.fromarray(SIXTEEN), "TIFF"), grey(np.array([[0, 1, 255, 128]]))),
    "32-bit integers are not clipped": (
        file(Image.fromarray(np.array([[0, 100_000, 200_000]], np.int32)), "TIFF"), grey(np.array([[0, 128, 255]])),
    ),
    "float tiff is stretched": (
        file(Image.fromarray(np.array([[-1.0, 0.0, 1.0]], np.float32)), "TIFF"),
        grey(np.array([[0, 128, 255]])),
    ),
    "constant float tiff": (
        file(Image.fromarray(np.full((2, 2), 7.0, np.float32)), "TIFF"), grey(np.zeros((2, 2))),
    ),
    "animated gif, first frame": (animated(), lambda image: np.asarray(image.convert("L"))[0, 0] == 10),
    "multi-page tiff, first page": (pages(), grey(np.full((2, 2), 10))),
    "EXIF mirrored": (oriented(2), grey(RAMP[:, ::-1])),
    "EXIF upside down": (oriented(3), grey(RAMP[::-1, ::-1])),
    "EXIF turned": (oriented(6), grey(np.rot90(RAMP, -1))),
    "one pixel": (file(Image.new("L", (1, 1), 7), "PNG"), grey(np.array([[7]]))),
    "bmp": (file(Image.new("RGB", (2, 1), (1, 2, 3)), "BMP"), colours((1, 2, 3))),
    "webp, lossless": (file(Image.new("RGB", (2, 1), (1, 2, 3)), "WEBP", lossless=True), colours((1, 2, 3))),
}  # fmt: skip

WHOLE_JPEG = file(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)), "JPEG")

UNREADABLE = {
    "zero bytes": (b"", "empty"),
    "HTML named .jpg": (b"<!DOCTYPE html><title>404</title>", "not an image"),
    "truncated jpeg": (WHOLE_JPEG[: len(WHOLE_JPEG) // 2], "damaged"),
    "header only": (WHOLE_JPEG[:20], "not an image|damaged"),
    "float tiff with NaN": (file(Image.fromarray(np.array([[0.0, np.nan]], np.float32)), "TIFF"), "NaN or infinite"),
    "text": (b"\x89PNG but no more", "not an image|damaged"),
    "too many pixels": (file(Image.new("1", (8001, 8000)), "PNG"), "8001 x 8000 pixels, more than 64 million"),
}


@pytest.mark.parametrize("kind", READABLE)
def test_readable_kinds_have_one_treatment(kind: str) -> None:
    data, is_right = READABLE[kind]
    assert is_right(decode_image(data))


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_kinds_say_why(kind: str) -> None:
    data, reason = UNREADABLE[kind]
    with pytest.raises(UnreadableImage, match=reason):
        decode_image(data)


def test_every_truncation_of_a_png_is_refused() -> None:
    whole = READABLE["grey png"][0]
    pixels_end = whole.index(b"IDAT") + 4
    for size in range(pixels_end):
        with pytest.raises(UnreadableImage):
            decode_image(whole[:size])


def test_exactly_the_limit_is_read() -> None:
    image = decode_image(file(Image.new("1", (8000, LARGEST_PIXELS // 8000)), "PNG"))
    assert image.size == (8000, 8000)
