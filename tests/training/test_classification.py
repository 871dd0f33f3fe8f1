"""The nine objectives wired to networks."""

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from nucleate.errors import ModelError, UsageError
from nucleate.models import load
from nucleate.models._final_layer import CosineLinear
from nucleate.training import OBJECTIVES, fit, recipe
from nucleate.training.objectives._classification import Classification
from support.small_training import make_samples

SAMPLES = make_samples()


def classification(name: str, module: nn.Module, **parameters: float) -> Classification:
    known = {**OBJECTIVES[name].hyper_parameters, **parameters}
    return Classification(module, name="net", num_classes=3, objective_name=name, parameters=known)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_learns_and_its_checkpoints_load(name: str, tmp_path) -> None:
    # The losses differ in scale by orders of magnitude, to which Adam is blind.
    how = recipe(objective=name, epochs=16, batch_size=20, optimizer="adam", lr=0.01, checkpoint_every=16)
    run = fit("vgg-small", SAMPLES, out=tmp_path / name, recipe=how)
    last = run.curves.filter((pl.col("epoch") == 16) & (pl.col("split") == "train") & pl.col("group").is_null())
    assert last.filter(pl.col("level") == "middle")["accuracy"].item() > 0.7  # a third by chance
    network = load(run.checkpoints[-1][1])
    assert isinstance(network.module.classifier[-1], CosineLinear if name == "cosine_softmax" else nn.Linear)


def test_dropout_is_on_the_penultimate_features_and_only_while_training() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(2000, 3, bias=False))
    nn.init.ones_(module[1].weight)
    classification("dropout", module)
    x = torch.ones(1, 2000)
    assert module.eval()(x)[0, 0].item() == 2000
    kept = module.train()(x)[0, 0].item() * 0.7 / 2000  # what is kept is scaled up by 1 / 0.7
    assert kept == pytest.approx(0.7, abs=0.04)
    assert set(module.state_dict()) == {"1.weight"}


def test_the_extra_penalty_is_on_the_final_weight() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 3))
    x, y = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    plain, right = classification("softmax", module).loss((x,), y)
    penalised, _ = classification("extra_final_layer_l2", module, strength=0.5).loss((x,), y)
    assert (penalised - plain).item() == pytest.approx(0.25 * module[1].weight.square().sum().item(), rel=1e-5)
    assert right == int((module(x).argmax(1) == y).sum())


@pytest.mark.parametrize("name", ["dropout", "extra_final_layer_l2"])
def test_a_network_that_does_not_end_in_a_linear_layer_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="net does not end in a linear layer of 3 outputs"):
        classification(name, nn.Sequential(nn.Conv2d(1, 3, 8), nn.Flatten()))


def test_parameters_are_the_objectives_own() -> None:
    assert recipe(objective="dropout").resolved_parameters == {"keep": 0.7}
    assert recipe(objective="sigmoid").resolved_parameters == {}
    assert recipe(objective="label_smoothing", parameters={"amount": 0.2}).resolved_parameters == {"amount": 0.2}
    with pytest.raises(UsageError, match="softmax has no parameter 'amount'"):
        recipe(parameters={"amount": 0.2})
    with pytest.raises(UsageError, match=r"no objective 'sofmax'. Did you mean 'softmax'"):
        recipe(objective="sofmax")


def test_parameters_change_what_is_learned(tmp_path) -> None:
    last = []
    for amount in (0.1, 0.5):
        how = recipe(objective="label_smoothing", parameters={"amount": amount}, epochs=1, batch_size=20)
        run = fit("vgg-small", SAMPLES, out=tmp_path / str(amount), recipe=how)
        last.append(load(run.checkpoints[-1][1]).module.state_dict()["features.0.weight"])
    assert not np.allclose(*last)
