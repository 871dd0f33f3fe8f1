import io
from pathlib import Path

import numpy as np
from PIL import Image

from nucleate.data import decode_thumbnails, encode_thumbnails
from nucleate.data._thumbnails import thumbnail


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    return Image.open(io.BytesIO(data))


def test_tiny_pictures_are_kept_pixel_for_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8), np.uint8)
    np.testing.assert_array_equal(np.asarray(opened(thumbnail(Image.fromarray(pixels)))), pixels)


def test_large_pictures_become_small_jpegs_of_the_same_aspect() -> None:
    small = opened(thumbnail(Image.new("RGB", (400, 200), "teal")))
    assert (small.format, small.size) == ("JPEG", (96, 48))


def test_float_inputs_are_shown_when_they_look_like_pictures() -> None:
    assert opened(thumbnail(np.linspace(-3, 3, 192, dtype=np.float32).reshape(3, 8, 8))).mode == "RGB"
    assert opened(thumbnail(np.zeros((1, 8, 8), np.float32))).mode == "L"
    assert thumbnail(np.zeros((5, 8, 8), np.float32)) is None
    assert thumbnail(np.zeros(12, np.float32)) is None
    assert thumbnail(np.full((1, 2, 2), np.nan, np.float32)) is None


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (150, 120, 3), np.uint8))
    assert thumbnail(picture) == thumbnail(picture.copy())
    pictures = {5: b"five", 2: b"two"}
    (tmp_path / "000000.parquet").write_bytes(encode_thumbnails(pictures))
    (tmp_path / "000001.parquet").write_bytes(encode_thumbnails({9: b"nine"}))
    assert decode_thumbnails(tmp_path, [2, 9, 11]) == {2: b"two", 9: b"nine"}
