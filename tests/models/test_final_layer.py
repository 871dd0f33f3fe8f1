import pytest
import torch
from torch import nn

from nucleate.errors import ModelError
from nucleate.models import load, save_checkpoint
from nucleate.models._final_layer import CosineLinear, final_layer, use_cosine_layer

ENDS = {
    "resnet-small": "fc",
    "vgg-small": "classifier.8",
    "vit-small": "head",
    "resnet50": "fc",
    "vgg16-bn": "classifier.8",
    "vit-b-32": "head",
}


@pytest.mark.parametrize("name", ENDS)
def test_it_is_the_layer_whose_output_is_the_networks(name: str) -> None:
    with torch.device("meta"):
        network = load(name, pretrained=False, num_classes=7, in_channels=3)
    path, layer = final_layer(network.module, num_classes=7, name=name)
    assert path == ENDS[name]
    outputs = []
    layer.register_forward_hook(lambda *call: outputs.append(call[-1]))
    side = 224 if network.preprocessing else 16
    assert network.module.eval()(torch.zeros(2, 3, side, side, device="meta")) is outputs[0]


def test_timm_says_which_it_is() -> None:
    try:
        network = load("timm:vit_tiny_patch16_224", pretrained=False, num_classes=3)
    except ModelError as error:
        pytest.skip(str(error))
    path, layer = final_layer(network.module, num_classes=3, name=network.name)
    assert path == "head"
    assert layer is network.module.head


@pytest.mark.parametrize(
    "module", [nn.Sequential(nn.Conv2d(1, 3, 1)), nn.Sequential(nn.Linear(4, 5)), nn.Linear(4, 3), nn.Identity()]
)
def test_networks_without_one_are_named(module: nn.Module) -> None:
    with pytest.raises(ModelError, match="mine does not end in a linear layer of 3 outputs"):
        final_layer(module, num_classes=3, name="mine")


def test_cosine_layer_gives_cosines_whatever_the_lengths() -> None:
    layer = CosineLinear(3, 4).double()
    h = torch.randn(5, 3, dtype=torch.float64)
    cosines = layer(h).detach()
    for i in range(5):
        for k in range(4):
            w = layer.weight[k].detach()
            assert float(cosines[i, k]) == pytest.approx(float(h[i] @ w / (h[i].norm() * w.norm())))
    torch.testing.assert_close(layer(7 * h).detach(), cosines)


def test_a_cosine_layer_survives_a_checkpoint(tmp_path) -> None:
    from dataclasses import replace

    network = load("vgg-small", pretrained=False, num_classes=3)
    use_cosine_layer(network.module, num_classes=3, name="vgg-small")
    network = replace(network, architecture=replace(network.architecture, final_layer="cosine"))
    save_checkpoint(network, tmp_path / "a.safetensors")
    again = load(tmp_path / "a.safetensors")
    x = torch.randn(2, 1, 8, 8)
    with network.evaluating(), again.evaluating(), torch.no_grad():
        assert torch.equal(network.module(x), again.module(x))
    assert network.module.train()(x).abs().max() <= 1
