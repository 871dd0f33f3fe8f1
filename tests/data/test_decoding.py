"""One row per kind of image file, in `support.image_kinds`: what it is, and what becomes of it."""

import pytest
from PIL import Image

from nucleate.data import UnreadableImage, decode_image
from nucleate.data._decoding import LARGEST_PIXELS
from support.image_kinds import READABLE, UNREADABLE, file


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
