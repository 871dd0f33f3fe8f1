import pytest
import torch
from torch import nn

from nucleate.activations import layers, select
from nucleate.activations._blocks import find_blocks
from nucleate.errors import ModelError
from nucleate.models import as_network, load
from nucleate.models.adapters._timm import import_timm


def names(network) -> list[str]:
    return [layer.name for layer in select(layers(network), "blocks")]


def chain(prefix: str, *depths: int, start: int = 0) -> list[str]:
    return [f"{prefix}{stage}.{block}" for stage, depth in enumerate(depths, start) for block in range(depth)]


# What a person who knows these networks would name, from their papers' tables.
TIMM = {
    "resnet50": chain("layer", 3, 4, 6, 3, start=1),
    "tf_efficientnet_lite0": chain("blocks.", 1, 2, 2, 3, 3, 4, 1),
    "mobilenetv3_small_100": chain("blocks.", 1, 2, 3, 2, 3),
    "vit_tiny_patch16_224": [f"blocks.{block}" for block in range(12)],
    "mixer_s32_224": [f"blocks.{block}" for block in range(8)],
    "convnext_atto": [f"stages.{name}" for name in chain("", 2, 2, 6, 2)],
    "swin_tiny_patch4_window7_224": [f"layers.{name}" for name in chain("", 2, 2, 6, 2)],
    "regnetx_002": [f"s{stage}.b{b}" for stage, depth in enumerate((1, 1, 4, 7), 1) for b in range(1, depth + 1)],
    "edgenext_xx_small": [f"stages.{name}" for name in chain("", 2, 2, 6, 2)],
    "densenet121": [f"features.denseblock{block}" for block in range(1, 5)],
}


@pytest.mark.parametrize("name", TIMM)
def test_blocks_of_timm_networks(name):
    try:
        timm = import_timm()
    except ModelError as error:
        pytest.skip(str(error))
    with torch.device("meta"):  # structure and shapes without the arithmetic
        network = as_network(timm.create_model(name), input_shape=(3, 224, 224))
    expected = TIMM[name]
    if "_" in name and expected[0] in ("stages.0.0", "layers.0.0"):  # a stage holds a list called blocks
        expected = [".blocks.".join(block.rsplit(".", 1)) for block in expected]
    assert names(network) == [*expected, "output"]


def test_blocks_of_our_networks():
    network = as_network(load("resnet-small", pretrained=False), input_shape=(1, 8, 8))
    assert names(network) == [*chain("layer", 3, 3, 3, start=1), "output"]
    network = as_network(load("resnet18", pretrained=False), input_shape=(3, 32, 32))
    assert names(network) == [*chain("layer", 2, 2, 2, 2, start=1), "output"]


def test_a_plain_chain_falls_back_to_its_layers_and_names_the_output_once():
    mlp = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 2))
    assert names(as_network(mlp, input_shape=(4,))) == ["0", "2", "output"]
    with_softmax = nn.Sequential(*mlp, nn.Softmax(dim=1))
    assert names(as_network(with_softmax, input_shape=(4,))) == ["0", "2", "4", "output"]
    assert names(as_network(nn.ReLU(), input_shape=(4,))) == ["output"]


def test_siblings_of_one_class_are_blocks_without_a_list():
    class Unit(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            return x + self.b(torch.relu(self.a(x)))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.one, self.two, self.head = nn.Linear(4, 4), Unit(), Unit(), nn.Linear(4, 2)

        def forward(self, x):
            return self.head(self.two(self.one(self.stem(x))))

    assert names(as_network(Net(), input_shape=(4,))) == ["one", "two", "output"]


def test_convolution_with_norm_is_a_part_and_not_a_block():
    class ConvNorm(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

        def forward(self, x):
            return self.norm(self.conv(x))

    network = as_network(nn.Sequential(ConvNorm(), ConvNorm()), input_shape=(3, 4, 4))
    assert find_blocks(network.module) == []
    assert names(network) == ["0.conv", "1.conv", "output"]


def test_a_stage_whose_blocks_see_no_samples_is_a_block():
    class Unit(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            return self.b(torch.relu(self.a(x)))

    class Windows(nn.Module):
        """Cuts samples into pieces, as window attention does."""

        def __init__(self):
            super().__init__()
            self.units = nn.Sequential(Unit(), Unit())

        def forward(self, x):
            return self.units(x.reshape(-1, 4)).reshape(x.shape)

    assert names(as_network(nn.Sequential(Windows(), Windows()), input_shape=(8,))) == ["0", "output"]
    assert names(as_network(nn.Sequential(Windows(), nn.ReLU()), input_shape=(4,))) == [
        "0.units.0",
        "0.units.1",
        "output",
    ]


def test_torch_transformer_layers_are_blocks():
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 3, enable_nested_tensor=False
    )
    assert names(as_network(encoder, input_shape=(5, 8))) == ["layers.0", "layers.1", "output"]
