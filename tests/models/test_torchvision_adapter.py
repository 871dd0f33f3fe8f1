import numpy as np
import pytest
import torch
from PIL import Image

from nucleate.activations import Taps
from nucleate.errors import ModelError
from nucleate.models import load, save_checkpoint
from nucleate.models.adapters._torchvision import find_weights, import_torchvision_models, preprocessing_of


@pytest.fixture
def models():
    try:
        return import_torchvision_models()
    except ModelError as error:
        pytest.skip(str(error))


def picture(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(width).integers(0, 255, (height, width, 3), np.uint8))


def test_every_classifier_gets_the_preprocessing_its_weights_describe(models):
    seen = set()
    for name in models.list_models(module=models):
        for weights in models.get_model_weights(name):
            described = weights.transforms()
            if str(described) in seen:
                continue
            seen.add(str(described))
            ours = preprocessing_of(weights)
            for size in ((320, 211), (90, 401)):
                np.testing.assert_array_equal(ours(picture(*size)), described(picture(*size)).numpy(), str(weights))
    assert len(seen) > 10


def test_activations_are_those_of_the_plain_module(models):
    network = load("torchvision:mobilenet_v3_small", pretrained=False, num_classes=5, seed=3)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        plain = models.mobilenet_v3_small(weights=None, num_classes=5).eval()
    x = torch.randn(2, 3, 224, 224)
    found = {}
    plain.features[4].register_forward_hook(lambda module, args, output: found.update(block=output))
    with torch.no_grad():
        output = plain(x)
    with Taps(network, "features.4,output") as taps:
        rows = taps.run(x)
    torch.testing.assert_close(rows["output"], output)
    torch.testing.assert_close(rows["features.4"], found["block"].mean((2, 3)))


def test_seeds_names_and_checkpoints(models, tmp_path):
    one, same, other = (load("torchvision:squeezenet1_1", pretrained=False, seed=seed) for seed in (0, 0, 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert (one.name, one.input_shape) == ("torchvision:squeezenet1_1", (3, 224, 224))
    save_checkpoint(one, tmp_path / "a.safetensors")
    assert load(tmp_path / "a.safetensors").fingerprint == one.fingerprint
    torch.save(one.module.state_dict(), tmp_path / "a.pt")
    assert load("torchvision:squeezenet1_1", checkpoint=tmp_path / "a.pt").fingerprint == one.fingerprint


def test_weights_are_chosen_by_tag(models):
    assert find_weights(models, "resnet50", "") is models.ResNet50_Weights.IMAGENET1K_V2
    assert find_weights(models, "resnet50", "IMAGENET1K_V1") is models.ResNet50_Weights.IMAGENET1K_V1


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("torchvision:resnet5O", {}, "no image classifier 'resnet5O'.*Did you mean 'torchvision:resnet50'"),
        ("torchvision:raft_large", {}, "detection, segmentation, video"),
        ("torchvision:resnet50.IMAGENET1K_V3", {}, "no weights resnet50.IMAGENET1K_V3.*'torchvision:resnet50.IMAGENET"),
        ("torchvision:resnet50", {"in_channels": 1}, "for 3 channels, not for 1.*timm:NAME"),
        ("torchvision:resnet50", {"num_classes": 7}, "for 1000 classes, not for 7.*pretrained=False"),
    ],
)
def test_torchvision_errors_say_how_to_mend(models, spec, options, message):
    with pytest.raises(ModelError, match=message):
        load(spec, **options)


def test_weights_that_cannot_be_downloaded(models, monkeypatch):
    def offline(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(models, "get_model", offline)
    with pytest.raises(ModelError, match=r"could not be downloaded \(no route to host\).*checkpoint="):
        load("torchvision:resnet18")


def test_torchvision_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torchvision", None)
    with pytest.raises(ModelError, match=r"pip install torchvision"):
        load("torchvision:resnet18")
