import json
import pickle
import struct

import pytest
import safetensors.torch
import torch
from torch import nn

from nucleate.errors import ModelError, StorageError
from nucleate.models import Preprocessing, as_network, load, save_checkpoint
from nucleate.models._checkpoint import read_description, read_state


@pytest.fixture
def network():
    return load("resnet-small", pretrained=False, num_classes=3, seed=1)


@pytest.fixture
def path(network, tmp_path):
    path = tmp_path / "net.safetensors"
    save_checkpoint(network, path, extra={"epoch": 4})
    return path


def test_round_trip(network, path):
    again = load(path)
    assert again.fingerprint == network.fingerprint
    assert again.name == network.name
    assert again.architecture == network.architecture
    assert read_description(path)["extra"] == {"epoch": 4}
    assert [file.name for file in path.parent.iterdir()] == ["net.safetensors"]


def test_round_trip_keeps_preprocessing_and_name(network, path):
    dressed = as_network(network, name="mine", preprocessing=Preprocessing.imagenet(32, 1))
    save_checkpoint(dressed, path)
    again = load(str(path))
    assert (again.name, again.preprocessing, again.input_shape) == ("mine", dressed.preprocessing, (1, 32, 32))


def test_same_network_same_bytes(network, path):
    before = path.read_bytes()
    save_checkpoint(network, path, extra={"epoch": 4})
    assert path.read_bytes() == before


def test_a_failed_write_leaves_the_old_file(network, path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        save_checkpoint(network, path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["net.safetensors"]


def test_only_networks_that_know_how_they_are_built_are_saved(tmp_path, network):
    with pytest.raises(ModelError, match="state_dict"):
        save_checkpoint(as_network(nn.Linear(2, 2)), tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match=r"ends in \.safetensors"):
        save_checkpoint(network, tmp_path / "a.pt")


def header(claim: int, content: bytes = b"") -> bytes:
    return struct.pack("<Q", claim) + content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes"),
        (b"\x01\x02", "2 bytes"),
        (header(2**62, b"{}"), "4,611,686,018,427,387,904"),
        (header(200, b"{}"), "truncated"),
        (header(4, b"\xff\xfe\x00\x01"), "no JSON"),
        (header(2, b"[]"), "no table"),
        (header(19, b'{"__metadata__": 3 }'), "no table|no JSON"),
    ],
)
def test_damaged_safetensors_are_refused_before_they_are_read(tmp_path, content, message):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load(path)


def test_every_truncation_is_refused(path):
    content = path.read_bytes()
    for length in (7, 8, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelError):
            load(path)


def rewrite(path, **changes):
    description = read_description(path)
    tensors = safetensors.torch.load_file(path)
    description["architecture"].update(changes.pop("architecture", {}))
    description.update(changes)
    safetensors.torch.save_file(tensors, path, {"nucleate": json.dumps(description)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": {"num_classes": 10**12}}, "claims"),
        ({"architecture": {"num_classes": "3"}}, "claims"),
        ({"architecture": {"num_classes": True}}, "claims"),
        ({"architecture": {"num_classes": 4}}, r"'fc.weight' has shape \(3, 64\)"),
        ({"architecture": {"name": "os.system"}}, "unknown network 'os.system'"),
        ({"architecture": {"extra": 1}}, "lacks something"),
        ({"format": 99}, "format 99"),
    ],
)
def test_false_descriptions_are_refused(path, changes, message):
    rewrite(path, **changes)
    with pytest.raises(ModelError, match=message):
        load(path)


def test_foreign_safetensors_need_a_name(tmp_path, network):
    path = tmp_path / "foreign.safetensors"
    safetensors.torch.save_file(network.module.state_dict(), path)
    with pytest.raises(ModelError, match="does not say of which network"):
        load(path)
    again = load("resnet-small", checkpoint=path, num_classes=3)
    assert again.fingerprint == network.fingerprint


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": {f"module.{name}": value for name, value in state.items()}},
    ],
)
def test_torch_files_with_their_usual_wrappers(tmp_path, network, wrap):
    path = tmp_path / "weights.pt"
    torch.save(wrap(network.module.state_dict()), path)
    assert load("resnet-small", checkpoint=path, num_classes=3).fingerprint == network.fingerprint


class Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_code_in_a_file_never_runs(tmp_path, save):
    path, witness = tmp_path / "evil.pt", tmp_path / "witness"
    save({"state_dict": Touch(witness)}, path)
    with pytest.raises(ModelError, match=r"could run code|damaged"):
        read_state(path)
    assert not witness.exists()


@pytest.mark.parametrize(
    ("content", "message"), [(None, "does not exist"), (b"", "damaged"), (b"hello", "could run code|damaged")]
)
def test_no_torch_file(tmp_path, content, message):
    path = tmp_path / "weights.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        read_state(path)


def test_a_file_without_a_table_of_tensors(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "a.pt")
    with pytest.raises(ModelError, match="not a table of named tensors"):
        read_state(tmp_path / "a.pt")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("layer1.0.conv1.weight"), "lacks 'layer1.0.conv1.weight'"),
        (lambda state: state.update(extra=torch.zeros(1)), "holds 'extra', which resnet-small does not have"),
        (lambda state: state.update({"fc.bias": torch.zeros(7)}), r"'fc.bias' has shape \(7,\) in .*, \(3,\) in"),
    ],
)
def test_the_first_tensor_that_does_not_fit_is_named(tmp_path, network, change, message):
    state = dict(network.module.state_dict())
    change(state)
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(ModelError, match=message):
        load("resnet-small", checkpoint=tmp_path / "a.pt", num_classes=3)
