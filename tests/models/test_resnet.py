import pytest
import torch
from torch import nn

from nucleate.errors import ModelError
from nucleate.models.adapters._timm import import_timm
from nucleate.models.architectures import _resnet as resnet


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture
def timm():
    try:
        return import_timm()
    except ModelError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"])
def test_same_tensors_as_timm(timm, name):
    with torch.device("meta"):
        ours, theirs = getattr(resnet, name)(), timm.create_model(name)
    assert parameters(ours) == parameters(theirs)
    shapes, expected = ({key: t.shape for key, t in net.state_dict().items()} for net in (ours, theirs))
    assert shapes == expected


@pytest.mark.parametrize(("name", "block"), [("resnet18", resnet.BasicBlock), ("resnet26", resnet.Bottleneck)])
def test_same_outputs_as_timm(timm, name, block):
    ours, theirs = resnet.ResNet(block, (2, 2, 2, 2), 1000), timm.create_model(name)
    for module in theirs.modules():  # fresh statistics of 0 and 1 would hide a norm in the wrong place
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-4, atol=1e-4)


def test_published_sizes():
    # He et al. 2016 and torchvision's documentation.
    with torch.device("meta"):
        assert parameters(resnet.resnet50()) == 25_557_032
        assert parameters(resnet.resnet101()) == 44_549_160
        assert parameters(resnet.resnet152()) == 60_192_808


@pytest.mark.parametrize("size", [8, 28, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_small_takes_small_images(size, channels):
    network = resnet.resnet_small(5, in_channels=channels).eval()
    assert network(torch.zeros(2, channels, size, size)).shape == (2, 5)
    assert 100_000 < parameters(network) < 300_000


@pytest.mark.parametrize("block", [resnet.BasicBlock, resnet.Bottleneck])
def test_a_block_whose_branch_is_silent_is_the_identity_after_relu(block):
    module = block(8 * block.expansion, 8, stride=1).eval()
    last = module.bn2 if block is resnet.BasicBlock else module.bn3
    nn.init.zeros_(last.weight)
    x = torch.randn(2, 8 * block.expansion, 4, 4)
    torch.testing.assert_close(module(x), torch.relu(x))
    assert (module(x) >= 0).all()


def test_the_stride_of_a_bottleneck_sits_in_its_3x3_convolution():
    block = resnet.Bottleneck(16, 8, stride=2)
    assert block.conv1.stride == (1, 1)
    assert block.conv2.stride == (2, 2)
