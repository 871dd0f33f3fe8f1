from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from nucleate.activations import batches, extract, first_input, layers, select
from nucleate.data import Samples, UnreadableImage, from_arrays
from nucleate.errors import DataError
from nucleate.models import Preprocessing, as_network

SHAPE = (3, 6, 6)


class Net(nn.Module):
    """A convolution whose output is changed in place, called twice, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.conv(x))
        x = self.relu(-x)
        return self.head(x.mean((2, 3)))


@pytest.fixture(scope="module")
def network():  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    return as_network(Net(), input_shape=SHAPE)


@pytest.fixture(scope="module")
def samples() -> Samples:
    return from_arrays(np.random.default_rng(0).normal(size=(11, *SHAPE)).astype(np.float32))


def answers(network, samples: Samples, spans: Sequence[range], pool: str = "none", **options: int):  # type: ignore[no-untyped-def]
    chosen = select(layers(network, SHAPE), "input,conv,relu*,output")
    arguments = {"batch_size": 4, "workers": 0, **options}
    return list(extract(network, samples, spans, layers=chosen, pool=pool, shape=SHAPE, **arguments))


def test_layers_say_what_the_module_computes(network, samples: Samples) -> None:  # type: ignore[no-untyped-def]
    inputs = torch.from_numpy(np.stack([samples.source.read(row) for row in range(11)]))
    with torch.no_grad():
        conv = network.module.conv(inputs)
    blocks = answers(network, samples, [range(8), range(8, 11)])
    assert [block.rows for block in blocks] == [range(8), range(8, 11)]
    found = {name: np.concatenate([block.layers[name] for block in blocks]) for name in blocks[0].layers}
    # ReLU works in place, and still the convolution's own answer is kept.
    np.testing.assert_allclose(found["conv"], conv.flatten(1), atol=1e-6)
    np.testing.assert_allclose(found["relu"], conv.relu().flatten(1), atol=1e-6)
    np.testing.assert_allclose(found["relu@2"], np.zeros((11, 4 * 36)))
    np.testing.assert_array_equal(found["input"], inputs.flatten(1))


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_pooling_is_over_space(network, samples: Samples, pool: str) -> None:  # type: ignore[no-untyped-def]
    flat = answers(network, samples, [range(11)])[0].layers["conv"].reshape(11, 4, 36)
    pooled = answers(network, samples, [range(11)], pool)[0].layers["conv"]
    np.testing.assert_allclose(pooled, flat.mean(2) if pool == "mean" else flat.max(2), atol=1e-6)


def test_bits_do_not_depend_on_blocks_workers_or_following_rows(network, samples: Samples) -> None:  # type: ignore[no-untyped-def]
    whole = answers(network, samples, [range(11)])[0].layers
    for spans, workers in (([range(4), range(4, 8), range(8, 11)], 0), ([range(11)], 3), ([range(8)], 2)):
        blocks = answers(network, samples, spans, workers=workers)
        for name, values in whole.items():
            pieces = np.concatenate([block.layers[name] for block in blocks])
            np.testing.assert_array_equal(pieces, values[: len(pieces)])


class Flaky:
    """Pictures of which some cannot be read."""

    def read(self, row: int) -> Image.Image:
        if row in (1, 4, 5, 6, 7):
            raise UnreadableImage(f"row {row} is torn")
        return Image.new("RGB", (9, 6), (row, 100, 200))


def flaky() -> Samples:
    table = from_arrays(np.zeros((10, 6, 6), np.uint8)).table
    return Samples(table=table, source=Flaky(), hierarchy=None, name="flaky")


def test_rows_that_cannot_be_read_are_nan_and_the_others_stay_in_place(network) -> None:  # type: ignore[no-untyped-def]
    reader = as_network(network, preprocessing=Preprocessing((6, 6), 3, (0.0,) * 3, (1.0,) * 3))
    block = answers(reader, flaky(), [range(10)], workers=2)[0]
    assert block.failures == {row: f"row {row} is torn" for row in (1, 4, 5, 6, 7)}
    assert set(block.thumbnails) == {0, 2, 3, 8, 9}
    values = block.layers["input"].reshape(10, 3, 36)
    assert np.isnan(values[[1, 4, 5, 6, 7]]).all()
    good = [0, 2, 3, 8, 9]
    np.testing.assert_allclose(values[good, 0, 0] * 255, good, atol=1e-4)


def test_batches_are_always_full(samples: Samples) -> None:
    found = list(batches(samples, None, [range(6), range(6, 11)], batch_size=4, shape=SHAPE, workers=1))
    assert [batch.rows for batch in found] == [range(4), range(4, 6), range(6, 10), range(10, 11)]
    assert {batch.inputs.shape for batch in found} == {(4, *SHAPE)}
    assert (found[1].inputs[2:] == 0).all()


def test_images_need_a_preprocessing(network) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match="does not say how it wants them"):
        first_input(flaky(), None)


def test_samples_of_several_shapes_are_refused(network) -> None:  # type: ignore[no-untyped-def]
    class Growing:
        def read(self, row: int) -> np.ndarray:
            return np.zeros((3, 6, 6 + row), np.float32)

    uneven = Samples(table=flaky().table, source=Growing(), hierarchy=None, name="uneven")
    with pytest.raises(DataError, match=r"Sample 1 \(row 1\) has shape \(3, 6, 7\)"):
        answers(network, uneven, [range(10)])


def test_the_network_is_left_as_it_was(network, samples: Samples) -> None:  # type: ignore[no-untyped-def]
    network.module.train()
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    answers(network, samples, [range(11)])
    assert network.module.training
    assert not network.module.conv._forward_hooks
    for name, value in network.module.state_dict().items():
        assert torch.equal(value, before[name])
