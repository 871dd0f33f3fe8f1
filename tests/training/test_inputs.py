import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nucleate.data import Samples, UnreadableSample, from_arrays
from nucleate.models import Preprocessing
from nucleate.training import fit, recipe
from nucleate.training._augmentation import crop_boxes, cropped, flipped
from nucleate.training._inputs import Memory, SampleInputs, epoch_places, evaluation_batches, training_batches

SQUARE = Preprocessing((8, 8), 1, (0.5,), (0.25,))


class Counting:
    """A source that counts how often each row is read, and cannot read some."""

    def __init__(self, samples: Samples, broken: tuple[int, ...] = ()) -> None:
        self.source, self.broken, self.reads = samples.source, broken, [0] * len(samples)

    def read(self, row: int) -> Image.Image:
        self.reads[row] += 1
        if row in self.broken:
            raise UnreadableSample("the file is empty")
        return self.source.read(row)


def make_inputs(n: int = 20, *, memory: int = 10**9, side: int = 8, broken: tuple[int, ...] = (), **options: object):
    images = np.random.default_rng(0).integers(0, 255, (n, side, side), np.uint8)
    samples = from_arrays(images, [str(row % 2) for row in range(n)], split="train")
    source = Counting(samples, broken)
    object.__setattr__(samples, "source", source)
    failures: dict[int, str] = {}
    inputs = SampleInputs(
        samples,
        np.arange(n),
        targets=np.arange(n) % 2,
        preprocessing=SQUARE,
        recipe=recipe(batch_size=6, **options),
        memory=Memory(memory),
        failures=failures,
    )
    return inputs, source, failures


def tensors(inputs: SampleInputs, batch: object) -> torch.Tensor:
    return inputs.on_device(batch.views[0], torch.float32, torch.device("cpu"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("side", [8, 13])
def test_evaluation_sees_what_a_probe_sees(side: int) -> None:
    inputs, source, _ = make_inputs(side=side)
    seen = torch.cat([tensors(inputs, batch) for batch in evaluation_batches(inputs, batch_size=6, workers=2)])
    expected = np.stack([SQUARE(source.source.read(row)) for row in range(20)])
    np.testing.assert_array_equal(seen, expected)


def test_without_augmentation_an_epoch_is_the_same_images_in_another_order() -> None:
    inputs, _, _ = make_inputs()
    plain = torch.cat([tensors(inputs, batch) for batch in evaluation_batches(inputs, batch_size=6, workers=0)])
    for epoch in (1, 2):
        batches = list(training_batches(inputs, recipe(batch_size=6), epoch, views=1, workers=0))
        places = np.concatenate([batch.places for batch in batches])
        assert sorted(places) == list(range(20))
        np.testing.assert_array_equal(torch.cat([tensors(inputs, batch) for batch in batches]), plain[places])
        np.testing.assert_array_equal(np.concatenate([batch.targets for batch in batches]), places % 2)


@pytest.mark.parametrize("options", [{}, {"crop": (0.3, 1), "flip": True}])
@pytest.mark.parametrize("memory", [10**9, 300, 0])
def test_batches_depend_on_neither_threads_nor_memory(options: dict[str, object], memory: int) -> None:
    how = recipe(batch_size=6, **options)
    base, _, _ = make_inputs(**options)
    expected = [batch.views[0] for batch in training_batches(base, how, 3, views=1, workers=0)]
    inputs, source, _ = make_inputs(memory=memory, **options)
    for _ in range(2):
        found = [batch.views[0] for batch in training_batches(inputs, how, 3, views=1, workers=3)]
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one, other)
    kept = min(20, memory // 64)
    assert sum(source.reads) == 20 + (20 - kept)


def test_views_differ() -> None:
    inputs, _, _ = make_inputs(crop=(0.3, 0.6))
    batch = next(training_batches(inputs, recipe(batch_size=6, crop=(0.3, 0.6)), 1, views=2, workers=0))
    assert batch.views[0].shape == batch.views[1].shape == (5, 8, 8, 1)
    assert not np.array_equal(*batch.views)


def test_what_cannot_be_read_is_left_out_and_told() -> None:
    inputs, source, failures = make_inputs(broken=(3, 7))
    places = [batch.places for batch in training_batches(inputs, recipe(batch_size=6), 1, views=2, workers=2)]
    assert sorted(np.concatenate(places)) == [row for row in range(20) if row not in (3, 7)]
    assert failures == {3: "the file is empty", 7: "the file is empty"}
    list(evaluation_batches(inputs, batch_size=3, workers=0))
    assert source.reads == [1] * 20


def test_a_run_names_what_it_could_not_read(tmp_path) -> None:
    inputs, _, _ = make_inputs(broken=(3,))
    run = fit("vgg-small", inputs.samples, out=tmp_path, recipe=recipe(epochs=1))
    assert run.unreadable == {3: "the file is empty"}


@pytest.mark.parametrize(
    ("count", "size", "sizes"), [(33, 16, [11] * 3), (16, 16, [16]), (17, 16, [9, 8]), (1, 4, [1])]
)
def test_batches_are_evened_out(count: int, size: int, sizes: list[int]) -> None:
    assert [len(places) for places in epoch_places(count, batch_size=size, seed=0, epoch=1)] == sizes


@settings(max_examples=50, deadline=None)
@given(
    width=st.integers(1, 500),
    height=st.integers(1, 500),
    low=st.floats(0.01, 1),
    high=st.floats(0.01, 1),
    seed=st.integers(0, 99),
)
def test_boxes_lie_inside_and_keep_share_and_ratio(width, height, low, high, seed) -> None:
    low, high = sorted((low, high))
    sizes = np.array([[width, height]] * 30, float)
    left, top, right, bottom = crop_boxes(sizes, (low, high), np.random.default_rng(seed)).T
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (right <= width).all()
    assert (bottom <= height).all()
    share = (right - left) * (bottom - top) / (width * height)
    ratio = (right - left) / (bottom - top)
    assert (share <= high + 1e-9).all() or max(width, height) > min(width, height) * 4 / 3 - 1e-9 or high > 0.74
    fits = share >= low - 1e-9
    assert ((ratio[fits] > 3 / 4 - 1e-9) & (ratio[fits] < 4 / 3 + 1e-9)).all()


def test_shares_are_uniform_where_every_box_fits() -> None:
    left, top, right, bottom = crop_boxes(np.full((4000, 2), 100.0), (0.1, 0.5), np.random.default_rng(0)).T
    share = (right - left) * (bottom - top) / 1e4
    assert np.quantile(share, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5], abs=0.015)
    logs = np.log((right - left) / (bottom - top))
    assert np.quantile(logs, [0, 0.5, 1]) == pytest.approx([-math.log(4 / 3), 0, math.log(4 / 3)], abs=0.02)


def test_a_crop_is_pillows_and_a_flip_mirrors() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    whole = cropped(picture, np.array([0.0, 0, 16, 16]), SQUARE)
    np.testing.assert_array_equal(whole, SQUARE.pixels(Image.fromarray(picture[..., 0])))
    quarter = cropped(picture, np.array([8.0, 0, 16, 8]), SQUARE)
    np.testing.assert_array_equal(quarter, picture[:8, 8:])
    images = np.stack([picture] * 64)
    found = flipped(images, np.random.default_rng(0))
    mirrored = [not np.array_equal(one, picture) for one in found]
    assert 20 < sum(mirrored) < 44
    for one, is_mirrored in zip(found, mirrored, strict=True):
        np.testing.assert_array_equal(one, picture[:, ::-1] if is_mirrored else picture)
