"""Kinds of image files, readable or not, and what becomes of each."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

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


def pages() -> bytes:
    frames = [Image.new("L", (2, 2), value) for value in (10, 200)]
    return file(frames[0], "TIFF", save_all=True, append_images=frames[1:])


def several(kind: str, **options: object) -> bytes:
    """Two frames, of which the first is dark."""
    frames = [Image.new("RGB", (2, 1), (value, value, value)) for value in (10, 200)]
    return file(frames[0], kind, save_all=True, append_images=frames[1:], **options)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values: np.ndarray, *, colour: int, size: tuple[int, int] | None = None) -> bytes:
    """A PNG of 16 bits a channel, which Pillow cannot write; its header may claim another size."""
    width, height = size or (values.shape[1], values.shape[0])
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def grey(values: np.ndarray) -> Callable[[Image.Image], bool]:
    return lambda image: image.mode == "L" and np.array_equal(np.asarray(image), values)


def colours(*expected: tuple[int, int, int]) -> Callable[[Image.Image], bool]:
    return lambda image: image.mode == "RGB" and [image.getpixel((x, 0)) for x in range(len(expected))] == [*expected]


SIXTEEN_RGB = np.array([[[0, 257, 65535], [32896, 2570, 5140]]], np.uint16)
SIXTEEN_LA = np.array([[[0, 0], [65535, 65535], [32896, 65535]]], np.uint16)
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
    "16-bit colour png": (png(SIXTEEN_RGB, colour=2), colours((0, 1, 255), (128, 10, 20))),
    "16-bit grey with alpha": (png(SIXTEEN_LA, colour=4), colours((255, 255, 255), (255, 255, 255), (128, 128, 128))),
    "one transparent colour": (
        file(Image.fromarray(np.array([[[9, 9, 9], [1, 2, 3]]], np.uint8)), "PNG", transparency=(9, 9, 9)),
        colours((255, 255, 255), (1, 2, 3)),
    ),
    "one transparent grey": (
        file(Image.fromarray(RAMP), "PNG", transparency=10), grey(np.where(RAMP == 10, 255, RAMP)),
    ),
    "animated gif, first frame": (several("GIF"), colours((10, 10, 10))),
    "animated png, first frame": (several("PNG"), colours((10, 10, 10))),
    "animated webp, first frame": (several("WEBP", lossless=True), colours((10, 10, 10))),
    "EXIF that cannot be read": (file(Image.fromarray(RAMP), "PNG", exif=b"Exif\0\0rubbish-here"), grey(RAMP)),
    "multi-page tiff, first page": (pages(), grey(np.full((2, 2), 10))),
    "EXIF mirrored": (oriented(2), grey(RAMP[:, ::-1])),
    "EXIF upside down": (oriented(3), grey(RAMP[::-1, ::-1])),
    "EXIF turned": (oriented(6), grey(np.rot90(RAMP, -1))),
    "one pixel": (file(Image.new("L", (1, 1), 7), "PNG"), grey(np.array([[7]]))),
    "bmp": (file(Image.new("RGB", (2, 1), (1, 2, 3)), "BMP"), colours((1, 2, 3))),
    "webp, lossless": (file(Image.new("RGB", (2, 1), (1, 2, 3)), "WEBP", lossless=True), colours((1, 2, 3))),
}  # fmt: skip

WHOLE_JPEG = file(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)), "JPEG")
WHOLE_PNG = file(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)), "PNG")

UNREADABLE = {
    "zero bytes": (b"", "the file is empty"),
    "HTML named .jpg": (b"<!DOCTYPE html><title>404</title>", "not an image in a known format: it is a web page"),
    "video named .jpg": (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "it is a video"),
    "sound named .jpg": (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "it is a sound"),
    "HEIF photo": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "it is a HEIF image, which needs converting"),
    "truncated png": (WHOLE_PNG[:-80], "damaged"),
    "truncated jpeg": (WHOLE_JPEG[: len(WHOLE_JPEG) // 2], "damaged"),
    "header only": (WHOLE_JPEG[:20], "not an image|damaged"),
    "float tiff with NaN": (file(Image.fromarray(np.array([[0.0, np.nan]], np.float32)), "TIFF"), "NaN or infinite"),
    "text": (b"\x89PNG but no more", "not an image|damaged"),
    "a header that claims 2^31 - 1 pixels a side": (
        png(SIXTEEN_RGB, colour=2, size=(2**31 - 1, 2**31 - 1)), "more than 64 million pixels",
    ),
    "too many pixels": (file(Image.new("1", (8001, 8000)), "PNG"), "8001 x 8000 pixels, more than 64 million"),
}  # fmt: skip
