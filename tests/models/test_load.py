import pytest
import torch

from nucleate.errors import ModelError
from nucleate.models import NETWORKS, load
from nucleate.models.adapters._timm import import_timm


@pytest.fixture
def timm():
    try:
        return import_timm()
    except ModelError as error:
        pytest.skip(str(error))


def test_the_seed_decides_the_weights_and_nothing_else():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same, other = (load("resnet-small", pretrained=False, seed=seed) for seed in (0, 0, 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert torch.equal(torch.random.get_rng_state(), before)


def test_sizes_reach_the_network():
    network = load("resnet18", pretrained=False, num_classes=7, in_channels=1)
    assert network.module(torch.zeros(2, 1, 32, 32)).shape == (2, 7)
    assert network.preprocessing.channels == 1
    assert load("resnet18", pretrained=False, in_channels=4).preprocessing is None


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("resnet-smal", {}, "Did you mean 'resnet-small'"),
        ("alexnet", {}, "There are resnet-small, .*timm:NAME"),
        ("runs/best.pth", {}, "checkpoint="),
        ("missing.safetensors", {}, "cannot be read: No such file"),
        ("a.safetensors", {"num_classes": 3}, "describes its network itself"),
        ("resnet50", {}, "no published weights.*pretrained=False"),
        ("resnet18", {"pretrained": False, "num_classes": 0}, "num_classes 0"),
    ],
)
def test_what_cannot_be_loaded_says_how_to_mend(spec, options, message):
    with pytest.raises(ModelError, match=message):
        load(spec, **options)


def test_registry_entries_describe_themselves():
    for name, info in NETWORKS.items():
        assert info.name == name
        assert info.description
        assert "\n" not in info.description


def test_timm_networks_bring_their_preprocessing(timm):
    network = load("timm:resnet18", pretrained=False)
    config = timm.data.resolve_model_data_config(network.module)
    assert network.preprocessing.to_dict() == {
        "size": (224, 224),
        "channels": 3,
        "mean": config["mean"],
        "std": config["std"],
        "interpolation": "bicubic",
        "crop": config["crop_pct"],
        "crop_mode": "center",
    }


def test_timm_networks_have_seeds_and_sizes(timm):
    options = {"pretrained": False, "num_classes": 3, "in_channels": 1}
    one, same, other = (load("timm:resnet18", seed=seed, **options) for seed in (0, 0, 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one.input_shape == (1, 224, 224)
    assert one.module(torch.zeros(2, 1, 32, 32)).shape == (2, 3)
    assert load("timm:resnet18", pretrained=False, in_channels=5).preprocessing is None


def test_timm_checkpoints_round_trip(timm, tmp_path):
    from nucleate.models import save_checkpoint

    network = load("timm:mobilenetv3_small_050", pretrained=False, num_classes=4, seed=3)
    save_checkpoint(network, tmp_path / "a.safetensors")
    assert load(tmp_path / "a.safetensors").fingerprint == network.fingerprint


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("timm:resnet5O", "has no network 'resnet5O'.*Did you mean 'timm:resnet50'"),
        ("timm:resnet18.nope", "has no weights 'resnet18.nope'.*timm:resnet18"),
        ("timm:hf-hub:someone/something", "has no network"),
        ("timm:deepseek_vit_412m", "border"),
    ],
)
def test_timm_errors_say_how_to_mend(timm, spec, message, monkeypatch):
    if "deepseek" in spec:  # 412 million parameters: only its configuration is wanted here
        small = timm.create_model("resnet10t")
        small.pretrained_cfg = timm.get_pretrained_cfg("deepseek_vit_412m").to_dict()
        monkeypatch.setattr(timm, "create_model", lambda *_, **__: small)
    with pytest.raises(ModelError, match=message):
        load(spec, pretrained=False)


def test_weights_that_cannot_be_downloaded(timm, monkeypatch):
    def offline(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(
        ModelError, match=r"could not be downloaded \(no route to host\).*checkpoint=.*pretrained=False"
    ):
        load("timm:resnet18")


def test_timm_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(ModelError, match=r"pip install 'nucleate\[timm\]'"):
        load("timm:resnet18", pretrained=False)


def test_our_own_networks_do_not_need_timm(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    monkeypatch.setitem(__import__("sys").modules, "torchvision", None)
    assert load("resnet-small", pretrained=False).module(torch.zeros(1, 1, 8, 8)).shape == (1, 10)
