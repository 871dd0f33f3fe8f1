import json
import tomllib
from pathlib import Path

import pytest

from nucleate.errors import UsageError
from nucleate.models import NETWORKS
from nucleate.training import OBJECTIVES, Recipe, read_recipe, recipe
from nucleate.training._recipe import known_parameters, parameter_bounds

SHIPPED = sorted((Path(__file__).parents[2] / "examples" / "recipes").glob("*.toml"))


def test_recipes_are_shipped() -> None:
    names = {path.stem for path in SHIPPED}
    assert names >= {"vgg-imagenet", "resnet-imagenet", "vit-imagenet", "squared-error-imagenet"}
    assert names >= {"mnist", "modmnist", "cifar10", "digits-resnet", "digits-vgg", "digits-vit"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipes_are_read_and_say_how_to_use_them(path: Path) -> None:
    found = read_recipe(path)
    assert found != Recipe()
    text = path.read_text()
    command = " ".join(line.lstrip("# ").rstrip("\\") for line in text.splitlines() if line.startswith("#"))
    assert f"--recipe examples/recipes/{path.name}" in command
    assert command.split("--model ")[1].split()[0] in NETWORKS


def test_the_published_recipe() -> None:
    found = read_recipe(SHIPPED[[path.stem for path in SHIPPED].index("resnet-imagenet")])
    assert (found.epochs, found.batch_size, found.peak_lr, found.warm_up) == (400, 256, 0.1, 5)
    assert (found.momentum, found.weight_decay, found.ema, found.batch_norm_decay) == (0.9, 1e-4, 0.99, 0.99)
    assert (found.crop, found.flip, found.checkpoint_every, found.schedule) == ((0.05, 1), True, 5, "cosine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epoch": 3}, "no option 'epoch'. Did you mean 'epochs'"),
        ({"epochs": 0}, "epochs=0: input should be greater than or equal to 1"),
        ({"lr": float("nan")}, "lr=nan"),
        ({"ema": 1}, "ema=1"),
        ({"optimizer": "lion"}, "optimizer='lion': input should be 'sgd', 'adam' or 'adamw'"),
        ({"crop": (0.5, 0.2)}, "not a range of shares of an area"),
        ({"crop": (0.5,)}, "crop"),
        ({"warm_up": 20, "epochs": 10}, "warm_up takes 20.0 of 10 epochs"),
        ({"schedule": "step"}, "needs milestones"),
        ({"milestones": (3,)}, "needs milestones, and no other has them"),
        ({"schedule": "step", "milestones": (5, 3)}, "do not ascend"),
        ({"seed_init": -1}, "seed_init=-1"),
        ({"objective": "dropout", "parameters": {"keep": 2}}, r"dropout has keep=2, which is not in \(0, 1\]"),
        ({"objective": "dropout", "parameters": {"keep": 0}}, r"not in \(0, 1\]"),
        ({"objective": "label_smoothing", "parameters": {"amount": 1}}, r"amount=1, which is not in \[0, 1\)"),
        ({"objective": "cosine_softmax", "parameters": {"temperature": 0}}, r"temperature=0, .*in \(0, inf\)"),
        ({"objective": "logit_normalization", "parameters": {"temperature": -1}}, r"in \(0, inf\)"),
        ({"objective": "logit_penalty", "parameters": {"strength": float("inf")}}, r"strength=inf, .*in \[0, inf\)"),
        ({"objective": "squared_error", "parameters": {"target": float("nan")}}, r"target=nan, .*in \(-inf, inf\)"),
        ({"objective": "byol", "crop": (0.2, 1), "parameters": {"momentum": 7}}, r"momentum=7, .*in \[0, 1\]"),
        ({"objective": "byol", "crop": (0.2, 1), "parameters": {"hidden": 0.5}}, "hidden=0.5, .*a whole number in "),
        ({"objective": "byol", "crop": (0.2, 1), "parameters": {"width": 0}}, "width=0, .*a whole number in "),
    ],
)
def test_what_cannot_be_meant(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        recipe(**options)


@pytest.mark.parametrize("objective", [*OBJECTIVES, "byol"])
def test_every_published_parameter_is_in_its_range(objective: str) -> None:
    known, bounds = known_parameters(objective), parameter_bounds(objective)
    assert set(known) == set(bounds)
    assert all(value in bounds[name] for name, value in known.items())


def test_files_are_named_when_they_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    with pytest.raises(UsageError, match=r"a.toml does not exist"):
        read_recipe(path)
    path.write_text("epochs = ")
    with pytest.raises(UsageError, match=r"a.toml cannot be read"):
        read_recipe(path)
    path.write_text("epoch = 3")
    with pytest.raises(UsageError, match=r"a.toml: A recipe has no option 'epoch'. Did you mean 'epochs'"):
        read_recipe(path)
    path.write_text("epochs = 3\nlr = 0.5")
    assert read_recipe(path, lr=0.1) == recipe(epochs=3, lr=0.1)


def test_a_recipe_survives_toml_and_json(tmp_path: Path) -> None:
    whole = recipe(objective="dropout", parameters={"keep": 0.5}, crop=(0.2, 1), schedule="step", milestones=(2, 4))
    assert Recipe(**whole.model_dump(mode="json")) == whole
    told = whole.model_dump(mode="json", exclude={"parameters"}, exclude_none=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    text = "\n".join([*lines, "[parameters]", "keep = 0.5"])
    assert recipe(**tomllib.loads(text)) == whole


def test_seeds_reach_as_far_as_numpys() -> None:
    assert recipe(seed_order=2**63 - 1).seed_order == 2**63 - 1
    with pytest.raises(UsageError, match="seed_order"):
        recipe(seed_order=2**63)
