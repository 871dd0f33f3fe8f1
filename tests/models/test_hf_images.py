import numpy as np
import pytest
from PIL import Image

from nucleate.errors import ModelError
from nucleate.models.adapters._transformers_images import preprocessing_of
from support.small_transformers import need_transformers


@pytest.fixture(scope="module")
def transformers():
    return need_transformers()


SQUARE = {"height": 32, "width": 32}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ViT", {"size": SQUARE}),
        ("ViT", {"size": {"height": 24, "width": 40}, "resample": 3, "do_normalize": False}),
        ("CLIP", {"size": {"shortest_edge": 40}, "crop_size": SQUARE}),
        ("DeiT", {"size": {"height": 40, "width": 40}, "crop_size": SQUARE}),
        ("ConvNext", {"size": {"shortest_edge": 56}, "crop_pct": 0.875}),
        ("ConvNext", {"size": {"shortest_edge": 384}, "crop_pct": 0.875}),
    ],
)
def test_images_are_prepared_as_transformers_does(transformers, kind, fields):
    processor = getattr(transformers, f"{kind}ImageProcessorPil")(**fields)
    ours = preprocessing_of("net", processor.to_dict())
    for width, height in ((64, 48), (48, 96), (30, 30)):
        pixels = np.random.default_rng(width).integers(0, 255, (height, width, 3), np.uint8)
        expected = processor(Image.fromarray(pixels), return_tensors="np")["pixel_values"][0]
        # transformers scales in another order of operations.
        np.testing.assert_allclose(ours(Image.fromarray(pixels)), expected, rtol=0, atol=2e-6)


BASE = {"size": SQUARE, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 2}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"do_pad": True}, "with do_pad"),
        ({"do_flip_channel_order": True}, "with do_flip_channel_order"),
        ({"do_resize": False}, "without resizing"),
        ({"do_rescale": False}, "another range"),
        ({"rescale_factor": 1 / 127.5}, "another range"),
        ({"rescale_offset": True}, "another range"),
        ({"size": {"shortest_edge": 40}}, "size .*shortest_edge"),
        ({"size": {"shortest_edge": 20}, "do_center_crop": True, "crop_size": SQUARE}, "crop .*32"),
        ({"size": {"longest_edge": 20}}, "longest_edge"),
        ({"resample": 1}, "interpolation 'lanczos'"),
    ],
)
def test_what_we_do_not_do_is_refused(changes, message):
    with pytest.raises(ModelError, match=message):
        preprocessing_of("net", BASE | changes)


def test_grey_images():
    ours = preprocessing_of("net", BASE | {"image_mean": [0.5], "image_std": [0.5]})
    assert ours.shape == (1, 32, 32)
