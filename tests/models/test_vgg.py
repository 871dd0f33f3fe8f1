from collections import Counter

import pytest
import torch
from torch import nn

from nucleate.activations import layers, select
from nucleate.models import as_network, load
from nucleate.models.adapters._torchvision_import import import_torchvision
from nucleate.models.architectures import _vgg as vgg


def kinds(module: nn.Sequential) -> list[str]:
    return [type(part).__name__ for part in module]


def test_same_tensors_as_torchvision():
    try:
        torchvision = import_torchvision()
    except ImportError as error:
        pytest.skip(str(error))
    with torch.device("meta"):
        ours, theirs = vgg.vgg16(), torchvision.models.vgg16()
    shapes, expected = ({key: t.shape for key, t in net.state_dict().items()} for net in (ours, theirs))
    assert shapes == expected
    assert kinds(ours.features) == kinds(theirs.features)
    assert kinds(ours.classifier) == kinds(theirs.classifier)


@pytest.mark.parametrize(
    ("build", "maps", "numbers"),
    [(vgg.vgg16_batch_norm, "BatchNorm2d", "BatchNorm1d"), (vgg.vgg16_layer_norm, "ChannelNorm", "LayerNorm")],
)
def test_a_norm_follows_every_convolution_and_dense_layer_but_the_last(build, maps, numbers):
    with torch.device("meta"):
        network = build()
    for part, norm, weights in ((network.features, maps, "Conv2d"), (network.classifier, numbers, "Linear")):
        names = kinds(part)
        after = [names[index + 1 : index + 3] for index, name in enumerate(names) if name == weights]
        assert after == [[norm, "ReLU"]] * (len(after) - (weights == "Linear")) + [[]] * (weights == "Linear")
    assert sum(p.numel() for p in network.parameters()) == 138_357_544 + 2 * (4224 + 2 * 4096)
    assert [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


def test_channel_norm_standardises_the_channels_at_every_position():
    x = torch.randn(3, 7, 4, 5)
    expected = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(vgg.ChannelNorm(7)(x), expected)


SMALL = {
    "vgg-small": {"BatchNorm2d": 6, "BatchNorm1d": 2},
    "vgg-small-plain": {},
    "vgg-small-ln": {"ChannelNorm": 6, "LayerNorm": 2},
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("size", [8, 28, 64])
def test_small_takes_small_images(name, size):
    network = load(name, pretrained=False, num_classes=5, in_channels=3).module
    assert network.eval()(torch.zeros(2, 3, size, size)).shape == (2, 5)
    assert 90_000 < sum(parameter.numel() for parameter in network.parameters()) < 300_000


@pytest.mark.parametrize("name", SMALL)
def test_small_ones_differ_by_their_norm_alone(name):
    found = Counter(type(part).__name__ for part in load(name, pretrained=False).module.modules())
    assert {kind: count for kind, count in found.items() if "Norm" in kind} == SMALL[name]
    assert {kind: found[kind] for kind in ("Conv2d", "Linear", "Dropout")} == {"Conv2d": 6, "Linear": 3, "Dropout": 2}


@pytest.mark.parametrize("name", SMALL)
def test_small_ones_are_tapped_at_convolutions_and_dense_layers(name):
    chosen = select(layers(as_network(load(name, pretrained=False), input_shape=(1, 8, 8))), "blocks")
    assert [layer.kind for layer in chosen] == ["Conv2d"] * 6 + ["Linear"] * 2 + ["output"]
