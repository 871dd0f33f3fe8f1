"""Which tensor is the penultimate layer, against networks whose code says so."""

import pytest
import torch
from torch import nn

from nucleate.activations import layers, select
from nucleate.errors import ModelError
from nucleate.models import load
from nucleate.models._final_layer import use_cosine_layer

SMALL = (1, 32, 32)


def of_timm(name: str):
    try:
        return load(name, pretrained=False)
    except ModelError as error:
        pytest.skip(f"needs the extra timm: {error}")


def chosen(network, shape):
    (layer,) = select(layers(network, shape), "penultimate")
    return layer


@pytest.mark.parametrize(
    ("name", "layer", "width"),
    [("resnet-small", "fc:input", 64), ("vgg-small", "classifier.8:input", 128), ("vit-small", "head:input", 64)],
)
def test_our_networks(name: str, layer: str, width: int) -> None:
    found = chosen(load(name, pretrained=False, in_channels=1), SMALL)
    assert (found.name, found.width) == (layer, width)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("timm:resnet18", "fc:input"),
        ("timm:vit_tiny_patch16_224", "head:input"),
        ("timm:mobilenetv3_small_050", "classifier:input"),
        ("timm:convnext_atto", "head.fc:input"),
    ],
)
def test_networks_of_timm_say_the_same(name: str, layer: str) -> None:
    network = of_timm(name)
    found = chosen(network, (3, 64, 64) if "vit" not in name else (3, 224, 224))
    assert found.name == layer
    classifier = network.module.get_classifier()
    assert network.module.get_submodule(layer.removesuffix(":input")) is classifier
    assert found.shape == (classifier.in_features,)


@pytest.mark.parametrize("name", ["timm:resnet18", "timm:vit_tiny_patch16_224"])
def test_without_a_classifier_it_is_the_output(name: str) -> None:
    module = of_timm(name).module
    module.reset_classifier(0)
    assert chosen(module, (3, 224, 224)).name == "output"


def test_a_last_layer_that_is_called_twice_counts_where_it_ran_last() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.head(x).relu())

    assert chosen(Twice(), (4,)).name == "head@2:input"


def test_a_cosine_layer_is_a_classifier_too() -> None:
    network = load("resnet-small", pretrained=False, in_channels=1)
    use_cosine_layer(network.module, num_classes=10, name=network.name)
    assert chosen(network, SMALL).name == "fc:input"
