import sys

import pytest
import torch

from nucleate.errors import ModelError
from nucleate.models import load

MINE = """
import torch
from torch import nn
from nucleate.models import Preprocessing, as_network

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
    def forward(self, x):
        return self.layer(x)

def make():
    return Net()

def dressed():
    return as_network(nn.Conv2d(3, 2, 3), name="own name", preprocessing=Preprocessing.imagenet(32))

def number():
    return 3

def sized(width):
    return Net()

def breaks():
    raise KeyError("width")

ready = Net()
text = "no function"
"""


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    folder = tmp_path / "mypackage"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "networks.py").write_text(MINE)
    (folder / "needy.py").write_text("import a_package_nobody_has.part")
    (folder / "torn.py").write_text("def make(:\n")
    (folder / "angry.py").write_text("\n\nraise ValueError('not today')")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    yield
    assert sys.path == before
    for name in [name for name in sys.modules if name.partition(".")[0] == "mypackage"]:
        del sys.modules[name]


def test_functions_classes_and_ready_networks():
    for name in ("make", "Net", "ready"):
        network = load(f"mypackage.networks:{name}")
        assert network.name == f"mypackage.networks:{name}"
        assert network.module(torch.zeros(1, 3)).shape == (1, 2)
    dressed = load("mypackage.networks:dressed")
    assert (dressed.name, dressed.input_shape) == ("own name", (3, 32, 32))


def test_the_seed_decides_random_weights():
    one, same, other = (load("mypackage.networks:make", seed=seed) for seed in (0, 0, 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_weights_from_a_file(tmp_path):
    network = load("mypackage.networks:make", seed=4)
    torch.save(network.module.state_dict(), tmp_path / "a.pt")
    assert load("mypackage.networks:make", checkpoint=tmp_path / "a.pt").fingerprint == network.fingerprint


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nopackage.networks:make", "no module 'nopackage'.*Run in the folder that holds it"),
        ("mypackage.netwroks:make", "no module 'mypackage.netwroks'"),
        ("mypackage.needy:make", "mypackage.needy needs 'a_package_nobody_has'.*pip install a_package_nobody_has"),
        ("mypackage.torn:make", "mypackage.torn cannot be imported: SyntaxError"),
        ("mypackage.angry:make", r"ValueError: not today at .*angry.py, line 3"),
        ("mypackage.networks:mke", "has no 'mke'. Did you mean 'make'"),
        ("mypackage.networks:number", "gives int.*torch.nn.Module"),
        ("mypackage.networks:sized", "TypeError.*missing 1 required positional argument: 'width'"),
        ("mypackage.networks:breaks", r"KeyError: 'width' at .*networks.py, line 26"),
        ("mypackage.networks:text", "is no function"),
    ],
)
def test_what_is_missing_is_named(spec, message):
    with pytest.raises(ModelError, match=message) as caught:
        load(spec)
    assert "\n" not in str(caught.value)


def test_a_factory_chooses_its_sizes():
    with pytest.raises(ModelError, match="chooses its sizes itself"):
        load("mypackage.networks:make", num_classes=3)
