"""Checkpoints as others' training scripts leave them: the network is found in them, and what was left out is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from nucleate.activations import layers as list_layers
from nucleate.errors import ModelError
from nucleate.models import Network, load

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    return load("resnet-small", pretrained=False, seed=7).module.state_dict()


def under(prefix: str, state: State) -> State:
    return {prefix + name: value for name, value in state.items()}


def headless(state: State) -> State:
    return {name: value for name, value in state.items() if not name.startswith("fc.")}


def projector(name: str, sizes: tuple[int, ...] = (0, 2)) -> State:
    return {f"{name}.{place}.{part}": torch.ones(3) for place in sizes for part in ("weight", "bias")}


def moco(state: State) -> State:
    body = headless(state) | projector("fc")
    second = {name: value + 1 for name, value in body.items()}
    queue = {"module.queue": torch.zeros(2, 4), "module.queue_ptr": torch.zeros(1)}
    return under("module.encoder_k.", second) | under("module.encoder_q.", body) | queue


def byol(state: State) -> State:
    body = headless(state)
    return under("target_encoder.", body) | under("online_encoder.", body) | projector("predictor")


# What the file holds -> how many of the parts left out are named.
WITH_HEAD: dict[str, Callable[[State], Any]] = {
    "plain": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3},
    "lightning": lambda state: {"state_dict": under("model.", state), "pytorch-lightning_version": "2"},
    "data parallel": lambda state: {"model": under("module.", state)},
    "compiled": lambda state: under("_orig_mod.", state),
    "compiled and parallel": lambda state: {"net": under("module._orig_mod.", state)},
    "wrapped twice": lambda state: {"model": {"state_dict": state}},
}
WITHOUT_HEAD: dict[str, tuple[Callable[[State], Any], tuple[str, ...]]] = {
    "no head": (headless, ()),
    "MoCo": (moco, ("module.encoder_k (", "module.encoder_q.fc (4 tensors)", "module.queue,", "module.queue_ptr")),
    "BYOL": (byol, ("target_encoder (", "predictor (4 tensors)")),
    "SimSiam": (lambda state: under("encoder.", headless(state)) | projector("predictor"), ("predictor (4 tensors)",)),
    "SimCLR": (lambda state: under("backbone.", headless(state)) | projector("projector"), ("projector (4 tensors)",)),
    "projector beside": (lambda state: headless(state) | projector("projection_head"), ("projection_head (4",)),
    "DINO": (
        lambda state: {
            "student": under("module.backbone.", {name: value + 1 for name, value in headless(state).items()}),
            "teacher": under("backbone.", headless(state)) | projector("head", (0,)),
            "optimizer": {"state": {}}, "epoch": 5,
        },
        ("under 'teacher', not those under 'student'", "head (2 tensors)"),
    ),
}  # fmt: skip


def loaded(content: Any, folder: Path, **options: Any) -> Network:
    torch.save(content, folder / "weights.pt")
    return load("resnet-small", checkpoint=folder / "weights.pt", **options)


def same(network: Network, state: State) -> bool:
    own = network.module.state_dict()
    names = [name for name in own if not name.endswith("num_batches_tracked")]
    return all(torch.equal(own[name], state[name]) for name in names)


@pytest.mark.parametrize("layout", WITH_HEAD)
def test_layouts_of_whole_networks(state: State, tmp_path: Path, layout: str) -> None:
    network = loaded(WITH_HEAD[layout](state), tmp_path)
    assert same(network, state)
    assert network.notes == ()


@pytest.mark.parametrize("layout", WITHOUT_HEAD)
def test_layouts_of_networks_without_their_classifier(state: State, tmp_path: Path, layout: str) -> None:
    make, left_out = WITHOUT_HEAD[layout]
    network = loaded(make(state), tmp_path)
    assert same(network, state)
    assert isinstance(network.module.fc, nn.Identity)
    assert network.architecture is None
    notes = " / ".join(network.notes)
    assert "has no final layer 'fc': the output is the 64 features that would enter it" in notes
    for words in left_out:
        assert words in notes
    assert list_layers(network, (1, 8, 8))[-1].width == 64


def test_a_final_layer_of_another_size_is_followed(tmp_path: Path) -> None:
    other = load("resnet-small", pretrained=False, num_classes=17, seed=3)
    network = loaded({"state_dict": under("module.", other.module.state_dict())}, tmp_path)
    assert network.fingerprint == other.fingerprint
    assert network.architecture == other.architecture
    assert network.notes == ()


def test_every_tensor_that_is_left_out_is_counted(state: State, tmp_path: Path) -> None:
    content = moco(state)
    network = loaded(content, tmp_path)
    told = sum(int(part.split(" tensors)")[0]) for part in network.notes[0].split("(")[1:])
    singles = 2  # the queue and its pointer
    used = sum(1 for name in headless(state) if not name.endswith("num_batches_tracked"))
    uncounted = sum(1 for name in content if name.endswith("num_batches_tracked"))
    assert told + singles + used == len(content) - uncounted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("layer2.1.conv1.weight"), "lacks 'module.encoder.layer2.1.conv1.weight'"),
        (lambda state: state.update({"layer2.0.conv1.weight": torch.zeros(1)}),
         r"'module.encoder.layer2.0.conv1.weight' has shape \(1,\) in .*weights.pt, \(32, 16, 3, 3\) in resnet-small"),
        (lambda state: state.update({"layer9.weight": torch.zeros(1)}), "holds 'module.encoder.layer9.weight'"),
        (lambda state: state.update({"fc.weight": torch.zeros(10, 7)}), r"fc.weight' has shape \(10, 7\)"),
        (lambda state: state.pop("fc.bias"), "lacks 'module.encoder.fc.bias'"),
    ],
)  # fmt: skip
def test_the_first_tensor_that_does_not_fit_is_named(
    state: State, tmp_path: Path, change: Callable[[State], Any], message: str
) -> None:
    state = dict(state)
    change(state)
    with pytest.raises(ModelError, match=message):
        loaded(under("module.encoder.", state), tmp_path)


def test_two_copies_and_no_telling_which_are_refused(state: State, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds resnet-small 2 times, under 'left.' and 'right.'"):
        loaded(under("left.", state) | under("right.", state), tmp_path)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks 'conv1\.weight', which resnet-small needs"):
        loaded({"lstm.weight": torch.zeros(3)}, tmp_path)


def test_a_size_that_was_asked_for_is_not_changed(state: State, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'fc.weight' has shape \(10, 64\) in .*, \(3, 64\) in resnet-small"):
        loaded(state, tmp_path, num_classes=3)
    with pytest.raises(ModelError, match=r"lacks 'fc.weight'"):
        loaded(headless(state), tmp_path, num_classes=3)


def test_a_final_layer_that_claims_more_than_the_file_holds_takes_no_memory(state: State, tmp_path: Path) -> None:
    spread = torch.zeros(1, 1).expand(2**40, 64)
    with pytest.raises(ModelError, match="repeats itself"):
        loaded({**state, "fc.weight": spread, "fc.bias": torch.zeros(1).expand(2**40)}, tmp_path)


def test_networks_of_timm(tmp_path: Path) -> None:
    timm = pytest.importorskip("nucleate.models.adapters._timm").import_timm()
    vit = timm.create_model("vit_tiny_patch16_224", num_classes=0, img_size=224)
    torch.save({"teacher": under("backbone.", vit.state_dict())}, tmp_path / "dino.pth")
    network = load("timm:vit_tiny_patch16_224", checkpoint=tmp_path / "dino.pth")
    assert same(network, vit.state_dict())
    assert "has no final layer 'head': the output is the 192 features" in network.notes[-1]


def test_an_old_torch_reads_no_pickles(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "2.9.1+cpu")
    with pytest.raises(ModelError, match=r"torch 2.9.1\+cpu cannot read safely. Save its tensors as safetensors"):
        loaded(state, tmp_path)
