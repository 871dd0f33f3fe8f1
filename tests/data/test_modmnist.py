import numpy as np
import pytest
from PIL import Image

from nucleate.data import digits, from_arrays, from_modmnist
from nucleate.data.readers._modmnist import uniforms
from nucleate.errors import DataError


def box(picture: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is not black."""
    found = picture.getbbox()
    assert found is not None
    return found


def white(count: int, height: int = 10, width: int = 10) -> np.ndarray:
    return np.full((count, height, width), 255, np.uint8)


def test_sizes_and_places_fill_their_ranges() -> None:
    canvas = 100
    samples = from_modmnist(from_arrays(white(400)), canvas=canvas)
    boxes = np.array([box(samples.source.read(row)) for row in range(400)])
    sides = boxes[:, 2] - boxes[:, 0]
    np.testing.assert_array_equal(sides, boxes[:, 3] - boxes[:, 1])
    assert (sides.min(), sides.max()) == (20, 40)
    assert abs(sides.mean() - 30) < 1  # five standard errors
    for axis in (0, 1):
        place = boxes[:, axis] / (canvas - sides)
        assert place.min() < 0.03
        assert place.max() > 0.97
        assert abs(place.mean() - 0.5) < 0.08
    assert abs(np.corrcoef(boxes[:, 0], boxes[:, 1])[0, 1]) < 0.3
    assert all(samples.source.read(row).size == (canvas, canvas) for row in (0, 399))


def test_a_row_is_the_same_for_ever() -> None:
    assert uniforms("0 0") == pytest.approx((0.98421839, 0.93137138, 0.25577546), abs=1e-8)  # of the digest's words
    few, many = from_modmnist(digits(), canvas=64), from_modmnist(digits(), canvas=64)
    assert few.fingerprint == many.fingerprint
    picture = np.asarray(few.source.read(17))
    np.testing.assert_array_equal(picture, np.asarray(many.source.read(17)))
    assert box(few.source.read(17)) == box(from_modmnist(digits(held_out=0.4), canvas=64).source.read(17))


def test_another_seed_or_canvas_is_another_data_set() -> None:
    base = digits()
    prints = {from_modmnist(base, canvas=canvas, seed=seed).fingerprint for canvas in (64, 65) for seed in (0, 1)}
    assert len(prints | {base.fingerprint}) == 5


def test_labels_splits_and_ids_are_those_of_the_digits() -> None:
    base = digits()
    moved = from_modmnist(base, canvas=32)
    columns = ["row", "id", "split", *base.levels]
    assert moved.table.select(columns).equals(base.table.select(columns))
    assert moved.hierarchy == base.hierarchy


def test_a_picture_keeps_its_shape_and_colours() -> None:
    tall = from_modmnist(from_arrays(white(5, 20, 10)), canvas=100)
    left, top, right, bottom = box(tall.source.read(0))
    assert abs((bottom - top) - 2 * (right - left)) <= 1
    assert 20 <= bottom - top <= 40
    colored = from_modmnist(from_arrays(np.full((3, 8, 8, 3), 200, np.uint8)), canvas=30).source.read(1)
    assert isinstance(colored, Image.Image)
    assert colored.mode == "RGB"


def test_what_cannot_be_moved_is_refused() -> None:
    with pytest.raises(DataError, match="canvas cannot have 4 pixels"):
        from_modmnist(digits(), canvas=4)
    with pytest.raises(DataError, match="canvas cannot have 10000 pixels"):
        from_modmnist(digits(), canvas=10_000)
    with pytest.raises(DataError, match="Row 0 of the digits is an array of floats"):
        from_modmnist(from_arrays(np.zeros((3, 4)))).source.read(0)
