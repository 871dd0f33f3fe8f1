import pytest
import torch
from torch import nn

from nucleate.activations import layers, select
from nucleate.errors import ModelError, UsageError
from nucleate.models import as_network, load


class Odd(nn.Module):
    """Shared, unused, in-place, tuple, mapping and batchless modules in one."""

    class Pair(nn.Module):
        def forward(self, x):
            return None, {"first": x * 2, "second": x}

    class Complex(nn.Module):
        def forward(self, x):
            return torch.fft.fft(x)

    class Batchless(nn.Module):
        def forward(self, x):
            return x.flatten()

    def __init__(self):
        super().__init__()
        self.shared = nn.Linear(4, 4)
        self.relu = nn.ReLU(inplace=True)
        self.pair = self.Pair()
        self.batchless = self.Batchless()
        self.complex = self.Complex()
        self.never = nn.Linear(4, 4)
        self.output = nn.Linear(4, 2)  # a name the network's own output has, too

    def forward(self, x):
        x = self.relu(self.shared(x))
        x = self.shared(x)
        self.batchless(x)
        self.complex(x)
        return self.output(self.pair(x)[1]["first"])


@pytest.fixture
def odd():
    return layers(as_network(Odd(), input_shape=(4,)))


def test_lists_in_execution_order_with_shapes(odd):
    assert [layer.name for layer in odd] == [
        "input",
        "shared",
        "relu",
        "shared@2",
        "pair",
        "output:output",
        "output",
    ]
    assert [layer.order for layer in odd] == list(range(7))
    assert [layer.kind for layer in odd] == ["input", "Linear", "ReLU", "Linear", "Pair", "Linear", "output"]
    assert [layer.shape for layer in odd] == [(4,)] * 5 + [(2,)] * 2
    assert {layer.calls for layer in odd if layer.module == "shared"} == {2}


def test_absent_modules_say_why(odd):
    assert odd.absent["never"] == "is never called by forward"
    assert "shape (8,) for 2 samples" in odd.absent["batchless"]
    assert "real numbers" in odd.absent["complex"]
    with pytest.raises(UsageError, match="'never' is never called by forward"):
        select(odd, "never")
    with pytest.raises(UsageError, match="'batchless' does not give one entry per sample"):
        select(odd, ["batchless:input", "batchless"])


def test_listing_leaves_the_network_as_it_was():
    module = load("resnet-small", pretrained=False).module.train()
    statistics = module.bn1.running_mean.clone()
    layers(module, (1, 8, 8))
    assert all(part.training for part in module.modules())
    assert all(not part._forward_hooks and not part._forward_pre_hooks for part in module.modules())
    torch.testing.assert_close(module.bn1.running_mean, statistics)


def test_order_and_shapes_of_a_residual_network():
    with torch.device("meta"):
        listed = layers(load("resnet18", pretrained=False))
    by_name = {layer.name: layer for layer in listed}
    assert by_name["input"].shape == (3, 224, 224)
    assert by_name["layer3.1"].shape == (256, 14, 14)
    assert by_name["layer3.1"].width == 256 * 14 * 14
    assert by_name["layer3.1"].order > by_name["layer3.1.bn2"].order > by_name["layer3.0"].order
    assert listed[-1].name == "output"


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ("all", ["input", "shared", "relu", "shared@2", "pair", "output:output", "output"]),
        ("relu,input", ["input", "relu"]),
        ("shared*", ["shared", "shared@2"]),
        (["out*"], ["output:output", "output"]),
        ("shared@2:input", ["shared@2:input"]),
        ("shared:input, shared@2:input", ["shared:input", "shared@2:input"]),
        ("sh*:input", ["shared:input", "shared@2:input"]),
        ("relu:output", ["relu"]),
        (" relu , ", ["relu"]),
    ],
)
def test_select(odd, patterns, expected):
    assert [layer.name for layer in select(odd, patterns)] == expected


def test_input_taps_know_their_shape_and_place(odd):
    tap = select(odd, "shared@2:input")[0]
    assert (tap.shape, tap.width, tap.call, tap.order) == ((4,), 4, 2, 2)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [("rellu", "Did you mean 'relu'"), ("zzz", "There are input, shared, relu"), ("", "No layers"), ([], "No layers")],
)
def test_select_names_what_is_wrong(odd, patterns, message):
    with pytest.raises(UsageError, match=message):
        select(odd, patterns)


def test_a_module_called_blocks_is_reached_by_its_output():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

        def forward(self, x):
            return self.blocks(x) + 1

    listed = layers(as_network(Net(), input_shape=(4,)))
    assert [layer.name for layer in select(listed, "blocks")] == ["blocks.0", "output"]
    assert [layer.name for layer in select(listed, "blocks:output")] == ["blocks"]


def test_unknown_or_wrong_input_shape_is_named():
    with pytest.raises(ModelError, match="input shape of Linear is unknown"):
        layers(nn.Linear(4, 2))
    with pytest.raises(ModelError, match=r"Linear cannot run on an input of shape \(5,\).*Pass the input_shape"):
        layers(nn.Linear(4, 2), (5,))


def test_hooks_are_gone_after_a_failure():
    module = nn.Sequential(nn.Linear(4, 2))
    with pytest.raises(ModelError):
        layers(module, (5,))
    assert not module[0]._forward_hooks
    assert not module[0]._forward_pre_hooks


def test_channel_axes_of_maps_and_tokens():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 5, 1)
            self.norm = nn.LayerNorm(5)
            self.mlp = nn.Sequential(nn.Linear(5, 5), nn.GELU())
            self.conv1d = nn.Conv1d(5, 6, 1)
            self.token = nn.Linear(7, 8)

        def forward(self, x):
            x = self.conv(x)
            x = self.mlp(self.norm(x.permute(0, 2, 3, 1)))
            x = self.conv1d(x.flatten(1, 2).transpose(1, 2))
            return self.token(x[:, :, :7])

    listed = {layer.name: layer for layer in layers(Net(), (3, 4, 6))}
    assert listed["conv"].channel_axis == 0
    # Activations have the format of the layer before them, containers that of their last layer.
    assert [listed[name].channel_axis for name in ("norm", "mlp.0", "mlp.1", "mlp")] == [2, 2, 2, 2]
    assert listed["conv1d"].channel_axis == 0
    assert listed["token"].channel_axis == 1
    assert listed["input"].channel_axis is None


def test_a_cube_of_channels_first_is_not_mistaken_for_channels_last():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 4)

        def forward(self, x):
            return self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    listed = {layer.name: layer for layer in layers(nn.Sequential(Block(), nn.ReLU()), (4, 4, 4))}
    assert listed["0.linear"].channel_axis == 2
    assert listed["0"].channel_axis == 0
