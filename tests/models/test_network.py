import copy
import importlib
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from nucleate.errors import ModelError
from nucleate.models import Network, Preprocessing, as_network
from nucleate.models.adapters._torchvision_import import import_torchvision


def mlp(activation: nn.Module | None = None) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), activation or nn.ReLU(), nn.Dropout(), nn.Linear(3, 2))


def test_fingerprint_is_of_the_content():
    assert Network(mlp(), "a").fingerprint == Network(mlp(), "b").fingerprint
    network = Network(mlp(), "a")
    before = network.fingerprint
    network.module.train(False)
    assert network.fingerprint == before


@pytest.mark.parametrize(
    "change",
    [
        lambda module: module[0].weight.data[0, 0].add_(1e-6),
        lambda module: module[1].running_mean.add_(1),
        lambda module: module.half(),
        lambda module: module.__setitem__(2, nn.GELU()),
        lambda module: setattr(module[1], "eps", 1e-3),
        lambda module: module.append(nn.Identity()),
    ],
)
def test_fingerprint_notices_every_change_at_once(change):
    network = as_network(mlp())
    before = network.fingerprint
    change(network.module)
    assert network.fingerprint != before


def test_fingerprint_covers_the_preprocessing():
    plain, dressed = Network(mlp(), "a"), Network(mlp(), "a", Preprocessing.imagenet())
    assert plain.fingerprint != dressed.fingerprint
    assert dressed.fingerprint != as_network(dressed, preprocessing=Preprocessing.imagenet(96)).fingerprint


def test_fingerprint_ignores_addresses():
    class Applies(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def extra_repr(self):
            return f"function={self.function}"

    one, other = (Network(nn.Sequential(Applies(lambda x: x)), "a") for _ in range(2))
    assert repr(one.module) != repr(other.module)
    assert one.fingerprint == other.fingerprint


def test_evaluating_restores_every_flag():
    network = as_network(mlp().train())
    network.module[1].eval()  # a frozen norm
    modes = [module.training for module in network.module.modules()]

    def fail():
        with network.evaluating():
            assert not any(module.training for module in network.module.modules())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [module.training for module in network.module.modules()] == modes


def test_as_network_names_and_overrides():
    network = as_network(mlp(), input_shape=[4])
    assert (network.name, network.input_shape) == ("Sequential", (4,))
    assert "29 parameters, input 4" in repr(network)
    again = as_network(network, name="mlp")
    assert (again.name, again.input_shape, again.module) == ("mlp", (4,), network.module)
    pictured = as_network(again, preprocessing=Preprocessing.imagenet(32))
    assert pictured.input_shape == (3, 32, 32)
    assert pictured.name == "mlp"
    assert as_network(network) == network
    with pytest.raises(ModelError, match="Module"):
        as_network("resnet18")


def test_device_and_type_are_the_parameters():
    assert as_network(mlp().double()).dtype == torch.float64
    assert as_network(nn.ReLU()).dtype == torch.float32
    assert as_network(copy.deepcopy(mlp()).to("meta")).device.type == "meta"


def test_versions_of_the_libraries_it_is_made_of():
    assert as_network(nn.Linear(2, 2)).libraries == {}
    try:
        torchvision = import_torchvision()
    except ImportError as error:
        pytest.skip(str(error))
    module = nn.Sequential(nn.Linear(2, 2), torchvision.ops.Permute([0, 1]))
    assert as_network(module).libraries == {"torchvision": torchvision.__version__}


def test_plain_attributes_and_buffers_outside_the_state_are_part_of_the_fingerprint() -> None:
    class Scaled(nn.Module):
        def __init__(self, scale: float, shift: float) -> None:
            super().__init__()
            self.scale = scale
            self.register_buffer("shift", torch.tensor([shift]), persistent=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale + self.shift

    prints = {as_network(Scaled(*values)).fingerprint for values in ((1.0, 0.0), (-5.0, 0.0), (1.0, 2.0))}
    assert len(prints) == 3
    assert as_network(Scaled(1.0, 0.0)).fingerprint in prints


OWN = """
import torch
from torch import nn

class Base(nn.Module):
    def shift(self, x):
        return x + 1

class Mine(Base):
    def forward(self, x):
        return self.shift(x) * 2
"""


@pytest.mark.parametrize(
    ("edit", "is_another"),
    [
        (("* 2", "* 3"), True),
        (("x + 1", "x + 2"), True),  # of a class it is made of
        (("* 2", "* 2  # twice"), False),
        (("        return self", "\n        return self"), False),
    ],
)
def test_an_edited_forward_is_another_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: tuple[str, str], is_another: bool
) -> None:
    monkeypatch.syspath_prepend(tmp_path)

    def fingerprint(source: str, name: str) -> str:
        (tmp_path / f"{name}.py").write_text(source)
        sys.modules.pop(name, None)
        module = importlib.import_module(name)
        module.Mine.__module__ = module.Base.__module__ = "mine"  # the same module, edited in between
        monkeypatch.setitem(sys.modules, "mine", module)
        return as_network(module.Mine()).fingerprint

    before, after = fingerprint(OWN, "mine_before"), fingerprint(OWN.replace(*edit), "mine_after")
    assert (before != after) is is_another
