import pytest
import torch

from nucleate.activations import Taps, layers, select
from nucleate.errors import ModelError
from nucleate.models import as_network
from nucleate.models.adapters._timm import import_timm
from nucleate.models.architectures import _vit as vit

AVERAGED = {"class_token": False, "global_pool": "avg", "fc_norm": False}


@pytest.fixture
def timm():
    try:
        return import_timm()
    except ModelError as error:
        pytest.skip(str(error))


@pytest.fixture
def small():
    return as_network(vit.vit_small().eval(), input_shape=(1, 8, 8))


def test_same_tensors_as_timm(timm):
    with torch.device("meta"):
        ours, theirs = vit.vit_b_32(), timm.create_model("vit_base_patch32_224", **AVERAGED)
    shapes, expected = ({key: t.shape for key, t in net.state_dict().items()} for net in (ours, theirs))
    assert shapes == expected
    assert sum(parameter.numel() for parameter in ours.parameters()) == 88_222_696


def test_same_outputs_as_timm(timm):
    sizes = {"img_size": 64, "embed_dim": 48, "depth": 2, "num_heads": 3}
    theirs = timm.create_model("vit_base_patch32_224", **sizes, **AVERAGED).eval()
    ours = vit.ViT(1000, in_channels=3, patch=32, width=48, depth=2, heads=3, hidden=192, image_size=64)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)


def test_residual_sums_can_be_tapped(small):
    listed = layers(small)
    sums = select(listed, "*_sum")
    assert [layer.name for layer in sums][:4] == [
        f"blocks.{i}.{sum_}" for i in (0, 1) for sum_ in ("attention_sum", "mlp_sum")
    ]
    assert len(sums) == 8
    assert [layer.name for layer in select(listed)] == [*(f"blocks.{i}" for i in range(4)), "output"]
    x = torch.randn(2, 1, 8, 8)
    with Taps(small, "blocks.3,blocks.3.*_sum,blocks.3.*:input", pool="none") as taps:
        rows = taps.run(x)
    block = small.module.blocks[3]
    entering = rows["blocks.3.norm1:input"].reshape(2, 16, 64)
    with torch.no_grad():
        after_attention = entering + block.attn(block.norm1(entering))
    torch.testing.assert_close(rows["blocks.3.attention_sum"], after_attention.flatten(1))
    torch.testing.assert_close(rows["blocks.3.mlp_sum"], rows["blocks.3"])


def test_patches_without_positions_can_be_shuffled(small, monkeypatch):
    # Attention is blind to order, so only the positions tell the patches apart.
    x = torch.randn(2, 1, 8, 8)
    shuffled = torch.cat([x[:, :, 4:], x[:, :, :4]], dim=2)
    with torch.no_grad():
        assert not torch.allclose(small.module(x), small.module(shuffled), atol=1e-4)
        monkeypatch.setattr(vit, "sines", lambda rows, columns, width: torch.zeros(rows * columns, width))
        torch.testing.assert_close(small.module(x), small.module(shuffled))


def test_sines_follow_their_formula():
    values = vit.sines(3, 5, 16)
    assert values.shape == (15, 16)
    for token, (row, column) in enumerate((r, c) for r in range(3) for c in range(5)):
        for index in range(4):
            frequency = torch.tensor(10_000.0 ** (-index / 4))
            expected = torch.stack([f(frequency * place) for place in (row, column) for f in (torch.sin, torch.cos)])
            torch.testing.assert_close(values[token, index::4], expected)


def test_there_is_no_class_token(small):
    with pytest.raises(ModelError, match="no class token"):
        Taps(small, "blocks", pool="cls")


def test_the_map_of_patches_has_its_channels_last(small):
    assert select(layers(small), "patch_embed")[0].channel_axis == 2


@pytest.mark.parametrize("size", [8, 28, 64])
def test_small_takes_small_images(size):
    network = vit.vit_small(5, in_channels=3).eval()
    assert network(torch.zeros(1, 3, size, size)).shape == (1, 5)
    assert 100_000 < sum(parameter.numel() for parameter in network.parameters()) < 300_000
