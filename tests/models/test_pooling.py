import numpy as np
import pytest
import torch
from torch import nn

from nucleate.activations import Layer, Taps
from nucleate.activations._pooling import masked_pooling
from nucleate.errors import ModelError
from nucleate.models import as_network

LENGTHS = (3, 5, 1)


def layer(shape: tuple[int, ...], channel_axis: int | None) -> Layer:
    return Layer(1, "layer", "Linear", shape, int(np.prod(shape)), channel_axis)


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("pool", ["mean", "max", "none"])
def test_padding_plays_no_part_even_where_it_is_not_a_number(channels_last, pool):
    tokens = torch.randn(3, 5, 4)
    mask = torch.arange(5) < torch.tensor(LENGTHS)[:, None]
    dirty = torch.where(mask[..., None], tokens, torch.nan)
    described = layer((5, 4), 1) if channels_last else layer((4, 5), 0)
    rows = masked_pooling(described, pool, 5)(dirty if channels_last else dirty.mT, mask)
    for row, text, length in zip(rows, tokens, LENGTHS, strict=True):
        alone = text[:length]
        clean = torch.cat([alone, torch.zeros(5 - length, 4)])
        flat = clean.flatten() if channels_last else clean.T.flatten()
        expected = {"mean": alone.mean(0), "max": alone.amax(0), "none": flat}[pool]
        torch.testing.assert_close(row, expected)


def test_a_layer_with_one_row_a_text_is_taken_as_it_is():
    x = torch.randn(3, 4)
    torch.testing.assert_close(masked_pooling(layer((4,), None), "mean", 5)(x, torch.ones(3, 5).bool()), x)


@pytest.mark.parametrize("shape", [(6, 4), (2, 5, 4), (5, 5, 4)])
def test_layers_whose_tokens_cannot_be_told_are_refused(shape):
    with pytest.raises(ModelError, match="does not count the 5 tokens along one axis"):
        masked_pooling(layer(shape, len(shape) - 1), "mean", 5)


def test_autocast_is_the_networks_own_mixed_precision():
    network = as_network(nn.Sequential(nn.Linear(64, 32), nn.GELU(), nn.Linear(32, 8)), input_shape=(64,))
    x = torch.randn(5, 64)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        expected = network.module(x)
    with Taps(network, "output", autocast=torch.bfloat16) as taps:
        found = taps.run(x)["output"]
    assert expected.dtype == torch.bfloat16
    assert found.dtype == torch.float32
    assert torch.equal(found, expected.float())
    with Taps(network, "output") as taps:
        assert not torch.equal(taps.run(x)["output"], found)
