import pytest
import torch
from torch import nn

from nucleate.activations import Taps, layers, select
from nucleate.errors import ModelError, UsageError
from nucleate.models import as_network, load
from nucleate.models.adapters._timm import import_timm


@pytest.fixture
def timm():
    try:
        return import_timm()
    except ModelError as error:
        pytest.skip(str(error))


def test_sums_of_a_vit_are_those_computed_by_hand(timm):
    torch.manual_seed(0)
    module = timm.create_model("vit_tiny_patch16_224", img_size=32, depth=3).eval()
    x = torch.randn(2, 3, 32, 32)
    expected = {}
    with torch.no_grad():
        tokens = module.norm_pre(module._pos_embed(module.patch_embed(x)))
        for index, block in enumerate(module.blocks):
            tokens = tokens + block.attn(block.norm1(tokens))
            expected[f"blocks.{index}.norm2:input"] = tokens
            tokens = tokens + block.mlp(block.norm2(tokens))
            expected[f"blocks.{index}"] = tokens
    with Taps(as_network(module, input_shape=(3, 32, 32)), "residual", pool="none") as taps:
        rows = taps.run(x)
    assert list(rows) == [*expected, "output"]
    for name, values in expected.items():
        torch.testing.assert_close(rows[name], values.flatten(1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "sizes", "first", "count"),
    [
        (
            "swin_tiny_patch4_window7_224",
            {"img_size": 56, "depths": (1, 1), "embed_dim": 16, "num_heads": (2, 2)},
            ["layers.0.blocks.0.norm2:input", "layers.0.blocks.0"],
            4,
        ),
        ("deit3_small_patch16_224", {"img_size": 56, "depth": 2}, ["blocks.0.norm2:input", "blocks.0"], 4),
        ("resnet10t", {}, ["layer1.0.act2:input", "layer2.0.act2:input"], 4),
        ("xcit_nano_12_p16_224", {"depth": 2}, ["blocks.0.norm3:input", "blocks.0.norm2:input"], 8),
    ],
)
def test_sums_are_found_by_what_is_added_not_by_names(timm, name, sizes, first, count):
    listed = layers(timm.create_model(name, **sizes), (3, 56, 56) if "img_size" in sizes else (3, 224, 224))
    found = [layer.name for layer in select(listed, "residual")]
    assert found[:2] == first
    assert len(found) == count + 1
    assert found[-1] == "output"


def test_our_own_vit_names_its_sums():
    found = select(layers(load("vit-small", pretrained=False), (1, 8, 8)), "residual")
    sums = [f"blocks.{index}.{part}_sum" for index in range(4) for part in ("attention", "mlp")]
    assert [layer.name for layer in found] == [*sums, "output"]


class Block(nn.Module):
    """Adds a bias, a position, a branch in place and, inside the branch, a narrower sum."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.mix, self.up = nn.Linear(6, 4), nn.Linear(4, 4), nn.Linear(4, 6)
        self.norm = nn.LayerNorm(6)
        self.position = nn.Parameter(torch.randn(5, 6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        narrow = self.down(x + self.position)
        branch = self.up(narrow + self.mix(narrow))
        branch += x
        return self.norm(branch)


def test_only_sums_of_two_activations_as_wide_as_the_block_count():
    network = as_network(nn.Sequential(Block(), Block(), nn.Linear(6, 2)), input_shape=(5, 6))
    assert [layer.name for layer in select(layers(network), "residual")] == ["0.norm:input", "1.norm:input", "output"]


def test_a_network_without_sums_says_so(timm):
    listed = layers(timm.create_model("densenet121", growth_rate=4, block_config=(2, 2)), (3, 64, 64))
    with pytest.raises(UsageError, match="hold no residual sums"):
        select(listed, "residual")
