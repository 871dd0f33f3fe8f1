"""Arithmetic of a forward pass, against published counts and against counting by hand."""

import pytest
import torch
from torch import nn

from nucleate.errors import ModelError
from nucleate.models import load
from nucleate.models._flops import forward_flops


@pytest.mark.parametrize(
    ("name", "giga_products"),
    [
        ("resnet18", 1.82),  # torchvision's published counts, as are the next three
        ("resnet50", 4.09),
        ("resnet152", 11.51),
        ("vgg16", 15.47),
        ("vit-b-32", 4.41),  # with a class token; ours averages 49 tokens instead of 50
    ],
)
def test_published_counts(name: str, giga_products: float) -> None:
    with torch.device("meta"):
        network = load(name, pretrained=False)
    assert forward_flops(network) / 2e9 == pytest.approx(giga_products, rel=0.025)


def test_the_weights_place_plays_no_part_and_nothing_is_changed() -> None:
    network = load("vgg-small", pretrained=False, in_channels=1)
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    with torch.device("meta"):
        empty = load("vgg-small", pretrained=False, in_channels=1)
    assert forward_flops(network, (1, 8, 8)) == forward_flops(empty, (1, 8, 8)) > 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.module.state_dict().items())
    assert network.module.training


def test_by_hand() -> None:
    convolution = nn.Conv2d(3, 8, 3, padding=1, bias=False)
    assert forward_flops(convolution, (3, 5, 7)) == 2 * 8 * 3 * 9 * 5 * 7
    assert forward_flops(nn.Sequential(convolution, nn.ReLU(), nn.BatchNorm2d(8)), (3, 5, 7)) == 2 * 8 * 3 * 9 * 5 * 7
    tokens, width = 6, 16
    block = nn.TransformerEncoderLayer(width, 2, 32, batch_first=True)
    products = tokens * (4 * width**2 + 2 * width * 32) + 2 * tokens**2 * width
    assert forward_flops(block, (tokens, width)) == 2 * products


def test_shapes_that_are_unknown_or_do_not_fit() -> None:
    with pytest.raises(ModelError, match="input shape of Linear is unknown"):
        forward_flops(nn.Linear(3, 2))
    with pytest.raises(ModelError, match=r"Linear on an input of shape \(4,\) cannot be counted"):
        forward_flops(nn.Linear(3, 2), (4,))
