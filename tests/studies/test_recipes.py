from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nucleate.errors import DataError, UsageError
from nucleate.models import load
from nucleate.studies.declare._data_sets import find
from nucleate.studies.declare._jobs import Published, Trained
from nucleate.studies.declare._recipes import recipe_of
from nucleate.studies.execute._workspace import Workshop
from nucleate.training import OBJECTIVES

SMALL, LARGE = Trained("resnet-small", "digits"), Trained("resnet50", "living17")


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_objectives_differ_by_their_loss_alone_but_squared_error_by_its_rate(objective: str) -> None:
    for network, rate, squared in ((SMALL, 0.05, 5e-4), (LARGE, 0.1, 1e-3)):
        found = recipe_of(replace(network, objective=objective))
        assert found.parameters == {}
        assert found.lr == (squared if objective == "squared_error" else rate)
        changed = {"objective": "softmax", "lr": rate}
        assert found.model_copy(update=changed) == recipe_of(network)


def test_byol_learns_without_labels() -> None:
    found = recipe_of(replace(SMALL, learns="nothing", objective="byol"))
    assert found.is_self_supervised
    assert (found.epochs, found.optimizer, found.crop) == (30, "adamw", (0.5, 1))
    with pytest.raises(UsageError, match="not trained at this scale"):
        recipe_of(replace(LARGE, learns="nothing", objective="byol"))


def test_labels_and_objective_have_to_fit() -> None:
    with pytest.raises(UsageError, match="learns superclass is trained with byol"):
        replace(SMALL, objective="byol")
    with pytest.raises(UsageError, match="learns nothing is trained with softmax"):
        replace(SMALL, learns="nothing")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    byol = Published("resnet50", "checkpoints/byol-resnet50.pth")
    assert str(byol) == "resnet50-byol-resnet50"
    for folder in (tmp_path, None):
        with pytest.raises(DataError, match=r"byol-resnet50\.pth"):
            Workshop(tmp_path / "out", folder).network(byol)


def test_external_data_tell_how_they_should_lie() -> None:
    for name, split in (("tf-flowers", "all of its images"), ("cars196", "its test split")):
        with pytest.raises(DataError, match=split):
            find(name).refuse_missing(None)


def test_weights_of_a_file_are_loaded_without_a_final_layer(tmp_path: Path) -> None:
    trained = load("resnet-small", pretrained=False, seed=3).module.state_dict()
    (tmp_path / "checkpoints").mkdir()
    kept = {name: tensor for name, tensor in trained.items() if not name.startswith("fc.")}
    torch.save(kept, tmp_path / "checkpoints" / "one.pth")
    network = Workshop(tmp_path / "out", tmp_path).network(Published("resnet-small", "checkpoints/one.pth"))
    found = network.module.state_dict()
    assert set(found) == set(kept)
    assert all(torch.equal(found[name], tensor) for name, tensor in kept.items())
