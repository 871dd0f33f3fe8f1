import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nucleate.errors import DataError, ModelError
from nucleate.models import Preprocessing
from nucleate.models.adapters._timm import import_timm

HALF = (0.5, 0.5, 0.5)
SIZES = [(224, 224), (300, 200), (97, 333), (31, 17), (256, 256), (235, 236), (1, 9)]  # width, height


def picture(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    shape = (height, width) if mode == "L" else (height, width, 3)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def timm_transform(preprocessing: Preprocessing):
    try:
        import_timm()
    except ModelError as error:
        pytest.skip(str(error))
    from timm.data import create_transform

    return create_transform(
        input_size=preprocessing.shape,
        interpolation=preprocessing.interpolation,
        mean=preprocessing.mean,
        std=preprocessing.std,
        crop_pct=preprocessing.crop,
        crop_mode=preprocessing.crop_mode,
        is_training=False,
    )


@pytest.mark.parametrize("crop_mode", ["center", "squash"])
@pytest.mark.parametrize(
    ("size", "crop", "interpolation"),
    [
        ((224, 224), 0.95, "bicubic"),
        ((224, 224), 0.875, "bilinear"),
        ((64, 48), 0.9, "bicubic"),
        ((33, 33), 1.0, "nearest"),
    ],
)
def test_equals_timm_bit_for_bit(size, crop, interpolation, crop_mode):
    ours = Preprocessing.imagenet()
    ours = Preprocessing(size, 3, ours.mean, ours.std, interpolation, crop, crop_mode)
    theirs = timm_transform(ours)
    for width, height in SIZES:
        image = picture(width, height)
        np.testing.assert_array_equal(ours(image), theirs(image).numpy(), err_msg=f"{width} x {height}")


@settings(deadline=None, max_examples=30)
@given(
    image=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    crop=st.floats(0.3, 1.0),
)
def test_equals_timm_at_any_size(image, size, crop):
    ours = Preprocessing(size, 3, HALF, HALF, crop=crop)
    shown = picture(*image)
    np.testing.assert_array_equal(ours(shown), timm_transform(ours)(shown).numpy())


def test_no_timm_needed_to_agree_with_the_formula():
    image = picture(8, 6)
    values = Preprocessing((6, 8), 3, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))(image)
    expected = (np.asarray(image, np.float64) / 255 - (0.1, 0.2, 0.3)) / (0.5, 0.6, 0.7)
    np.testing.assert_allclose(values, expected.transpose(2, 0, 1), rtol=2e-6, atol=1e-6)
    assert values.dtype == np.float32
    assert values.flags.c_contiguous


def test_grey_becomes_colour_and_colour_grey():
    grey = picture(8, 8, "L")
    colour = Preprocessing((8, 8), 3, HALF, HALF)(grey)
    np.testing.assert_array_equal(colour[0], colour[2])
    one = Preprocessing((8, 8), 1, (0.5,), (0.5,))
    np.testing.assert_array_equal(one(grey), one(grey.convert("RGB")))
    assert one(grey).shape == (1, 8, 8)


@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 1), (7, 9, 3)])
def test_arrays_equal_pictures(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    before = array.copy()
    to_array = Preprocessing((5, 5), 3, HALF, HALF, crop=0.8)
    np.testing.assert_array_equal(to_array(array), to_array(Image.fromarray(array.squeeze())))
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), np.float32), "float32 is not an image.*None"),
        (np.zeros((3, 4, 4), np.uint8), r"\(3, 4, 4\)"),
        (np.zeros((0, 4), np.uint8), "no pixels"),
        (Image.new("I;16", (4, 4)), "more than 8 bits"),
        (Image.new("F", (4, 4)), "more than 8 bits"),
        (Image.new("RGB", (0, 4)), "no pixels"),
        (Image.new("L", (1, 5000)), "would be resized to 256 x 1280000"),
    ],
)
def test_images_it_cannot_treat_are_named(image, message):
    with pytest.raises(DataError, match=message):
        Preprocessing((224, 224), 3, HALF, HALF, crop=0.875)(image)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": (0, 4)}, "size"),
        ({"channels": 2}, "channels 2"),
        ({"mean": (0.5,)}, "Give 3 of each"),
        ({"std": (1, 0, 1)}, "above zero"),
        ({"interpolation": "cubic"}, "'cubic'.*bicubic"),
        ({"crop": 1.5}, "crop 1.5"),
        ({"crop": 0.0}, "crop 0.0"),
        ({"crop_mode": "border"}, "'border'.*squash"),
    ],
)
def test_impossible_parameters_are_named(fields, message):
    with pytest.raises(ModelError, match=message):
        Preprocessing(**{"size": (4, 4), "channels": 3, "mean": HALF, "std": HALF} | fields)


def test_survives_json():
    original = Preprocessing.imagenet(96, 1)
    assert Preprocessing.from_dict(json.loads(json.dumps(original.to_dict()))) == original
    with pytest.raises(ModelError, match="another version"):
        Preprocessing.from_dict({"sizes": 3})
