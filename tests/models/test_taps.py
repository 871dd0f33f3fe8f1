import numpy as np
import pytest
import torch
from torch import nn

from nucleate.activations import Taps, layers, pooled_width, select
from nucleate.errors import ModelError, UsageError
from nucleate.models import as_network, load
from nucleate.models.adapters._timm import import_timm


@pytest.fixture
def small():
    return as_network(load("resnet-small", pretrained=False), input_shape=(1, 8, 8))


@pytest.fixture
def batch():
    return np.random.default_rng(0).normal(size=(5, 1, 8, 8)).astype(np.float32)


def by_hand(network, batch) -> dict[str, torch.Tensor]:
    """Blocks of a residual network, run one after the other."""
    module, result = network.module.eval(), {}
    with torch.no_grad():
        x = torch.relu(module.bn1(module.conv1(torch.as_tensor(batch))))
        for stage in ("layer1", "layer2", "layer3"):
            for index, block in enumerate(module.get_submodule(stage)):
                x = result[f"{stage}.{index}"] = block(x)
        result["output"] = module.fc(x.mean((2, 3)))
    return result


@pytest.mark.parametrize(
    ("pool", "function"),
    [
        ("mean", lambda x: x.mean((2, 3))),
        ("max", lambda x: x.flatten(2).max(2).values),
        ("none", lambda x: x.flatten(1)),
    ],
)
def test_equals_running_the_blocks_by_hand(small, batch, pool, function):
    with Taps(small, "blocks", pool=pool) as taps:
        rows = taps.run(batch)
    expected = by_hand(small, batch)
    assert list(rows) == list(expected)
    for name, values in rows.items():
        reference = function(expected[name]) if expected[name].ndim == 4 else expected[name]
        torch.testing.assert_close(values, reference, rtol=1e-5, atol=1e-6)
        assert values.shape == (5, taps.widths[name])
        assert values.dtype == torch.float32
        assert values.is_contiguous()
        assert values.device.type == "cpu"
        assert not values.requires_grad


def test_inputs_are_flattened_whatever_the_pooling(small, batch):
    with Taps(small, "input", pool="mean") as taps:
        np.testing.assert_array_equal(taps.run(batch)["input"], batch.reshape(5, -1))


def test_in_place_changes_do_not_reach_what_was_recorded():
    network = as_network(nn.Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True)), input_shape=(4,))
    x = torch.randn(6, 4)
    for pool in ("none", "mean", "max"):
        with Taps(network, "input,0,1:input,1", pool=pool) as taps:
            rows = taps.run(x)
        expected = network.module[0](x).detach()
        assert (expected < 0).any()
        torch.testing.assert_close(rows["0"], expected)
        torch.testing.assert_close(rows["1:input"], expected)
        torch.testing.assert_close(rows["1"], expected.relu())


def test_rows_share_no_memory_with_the_batch_or_the_next_run():
    network = as_network(nn.Sequential(nn.Identity()), input_shape=(4,))
    x = torch.ones(2, 4)
    with Taps(network, "all", pool="none") as taps:
        first = taps.run(x)
        x.zero_()
        taps.run(x)
    assert all((values == 1).all() for values in first.values())


def test_only_what_was_asked_is_recorded_and_hooked(small, batch):
    with Taps(small, ["layer2.1"]) as taps:
        hooked = [name for name, module in small.module.named_modules() if module._forward_hooks]
        assert list(taps.run(batch)) == ["layer2.1"]
    assert hooked == ["layer2.1"]


def test_the_network_is_left_as_it_was(small, batch):
    small.module.train()
    statistics = small.module.bn1.running_mean.clone()

    def fail():
        with Taps(small, "all") as taps:
            taps.run(batch)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in small.module.modules())
    assert small.module.training
    torch.testing.assert_close(small.module.bn1.running_mean, statistics)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.step = nn.Linear(3, 3)

    def forward(self, x):
        for _ in range(3 if x[0, 0] >= 0 else 2):
            x = self.step(x)
        return x


def test_every_call_of_a_module_is_a_tap():
    network = as_network(Recurrent(), input_shape=(3,))
    x = torch.rand(4, 3)
    with Taps(network, "step*,step@3:input") as taps:
        rows = taps.run(x)
    with torch.no_grad():
        one = network.module.step(x)
        two = network.module.step(one)
        expected = {"step": one, "step@2": two, "step@3:input": two, "step@3": network.module.step(two)}
    assert list(rows) == list(expected)
    for name, values in expected.items():
        torch.testing.assert_close(rows[name], values)


def test_another_number_of_calls_is_an_error():
    with (
        Taps(as_network(Recurrent(), input_shape=(3,)), ["step"]) as taps,
        pytest.raises(ModelError, match="'step' was called 2 times, 3 when"),
    ):
        taps.run(-torch.ones(4, 3))


def test_another_shape_is_an_error(small):
    with (
        Taps(small, "layer1.0") as taps,
        pytest.raises(ModelError, match=r"'layer1.0' has shape \(2, 16, 9, 9\), where \(2, 16, 8, 8\)"),
    ):
        taps.run(torch.zeros(2, 1, 9, 9))


def test_tokens_and_class_token():
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False
    )
    network = as_network(encoder, input_shape=(5, 8))
    x = torch.randn(3, 5, 8)
    with torch.no_grad():
        first = encoder.eval().layers[0](x)
    expected = {"mean": first.mean(1), "cls": first[:, 0], "max": first.amax(1), "none": first.flatten(1)}
    for pool, values in expected.items():
        with Taps(network, "layers.0", pool=pool) as taps:
            torch.testing.assert_close(taps.run(x)["layers.0"], values)


def test_class_token_needs_tokens(small):
    with pytest.raises(ModelError, match=r"Layer 'layer1.0' of shape \(16, 8, 8\) has no tokens"):
        Taps(small, "blocks", pool="cls")
    with Taps(small, "output", pool="cls") as taps:
        assert taps.run(torch.zeros(2, 1, 8, 8))["output"].shape == (2, 10)
    without = nn.Sequential(nn.Linear(4, 4))
    without.num_prefix_tokens = 0  # as timm's vision transformers say
    with pytest.raises(ModelError, match="no class token"):
        Taps(as_network(without, input_shape=(3, 4)), "0", pool="cls")


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("swin_tiny_patch4_window7_224", {"img_size": 56, "embed_dim": 24, "depths": (2, 2), "num_heads": (2, 4)}),
        ("convnext_atto", {"dims": (8, 12, 16, 24), "depths": (1, 1, 2, 1)}),
    ],
)
def test_pooling_leaves_the_channels_of_timm_networks(name, sizes):
    try:
        timm = import_timm()
    except ModelError as error:
        pytest.skip(str(error))
    network = as_network(timm.create_model(name, **sizes), input_shape=(3, 56, 56))
    x = torch.randn(2, 3, 56, 56)
    with Taps(network, "blocks") as taps:
        rows = taps.run(x)
        features = network.module.forward_intermediates(x, intermediates_only=True)[-1]  # (n, c, h, w)
    last = list(rows)[-2]
    torch.testing.assert_close(rows[last], features.detach().mean((2, 3)), rtol=1e-4, atol=1e-5)


def test_pooled_width_plans_what_run_gives(small, batch):
    listed = layers(small)
    for pool in ("mean", "max", "none"):
        with Taps(small, select(listed, "all"), pool=pool) as taps:
            rows = taps.run(batch)
        assert {name: values.shape[1] for name, values in rows.items()} == {
            layer.name: pooled_width(layer, pool) for layer in listed
        }
    with pytest.raises(UsageError, match=r"'average'.*mean, max, cls, none"):
        pooled_width(listed[3], "average")


class Countdown(nn.Module):
    """Calls itself: 3, 2, 1."""

    def __init__(self):
        super().__init__()
        self.inner = self.Step()

    class Step(nn.Module):
        def forward(self, x, n=3):
            return (self(x * 2, n - 1) if n > 1 else x) + n

    def forward(self, x):
        return self.inner(x)


def test_calls_are_numbered_as_they_begin_even_inside_each_other():
    network = as_network(Countdown(), input_shape=(1,))
    assert [layer.name for layer in layers(network)] == ["input", "inner@3", "inner@2", "inner", "output"]
    with Taps(network, "inner*,inner*:input") as taps:
        rows = {name: values.item() for name, values in taps.run(torch.ones(1, 1)).items()}
    assert rows == {
        "inner:input": 1,
        "inner@2:input": 2,
        "inner@3:input": 4,
        "inner@3": 5,
        "inner@2": 7,
        "inner": 10,
    }


def test_the_batch_is_never_changed():
    network = as_network(nn.ReLU(inplace=True), input_shape=(3,))
    for batch in (-torch.ones(2, 3), -np.ones((2, 3), np.float32)):
        with Taps(network, "input,output") as taps:
            rows = taps.run(batch)
        assert (batch == -1).all()
        assert (rows["input"] == -1).all()
        assert (rows["output"] == 0).all()
    frozen = np.ones((2, 3), np.float32)
    frozen.flags.writeable = False
    with Taps(network, "output") as taps:
        taps.run(frozen)


def test_an_output_that_is_not_per_sample_after_all_is_an_error():
    class Pairs(nn.Module):
        def forward(self, x):
            return x.reshape(2, -1)  # looks like one row per sample when there are two

    network = as_network(nn.Sequential(Pairs()), input_shape=(6,))
    with Taps(network, "0") as taps, pytest.raises(ModelError, match=r"'0' has shape \(2, 12\), where \(4, 6\)"):
        taps.run(torch.ones(4, 6))


def test_other_types_come_out_as_float32():
    network = as_network(nn.Sequential(nn.Linear(4, 3)).to(torch.bfloat16), input_shape=(4,))
    with Taps(network, "0", pool="none") as taps:
        assert taps.run(np.ones((2, 4), np.float64))["0"].dtype == torch.float32
