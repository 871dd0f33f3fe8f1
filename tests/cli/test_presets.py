"""--preset: a published protocol, over which flags and the configuration file win."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from nucleate.cli import main
from nucleate.errors import UsageError
from nucleate.models import Preprocessing, as_network, load, save_checkpoint
from nucleate.pipeline import PRESETS, Settings
from nucleate.pipeline.request._settings import settings


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A network and photos, as flags."""
    folder = tmp_path_factory.mktemp("given")
    generator = np.random.default_rng(0)
    for leaf in ("a/p", "a/q", "b/r", "b/s"):
        (folder / "photos" / leaf).mkdir(parents=True)
        for place in range(5):
            Image.fromarray(generator.integers(0, 255, (8, 8), np.uint8)).save(
                folder / "photos" / leaf / f"{place}.png"
            )
    network = load("resnet-small", pretrained=False, num_classes=2, in_channels=1)
    path = folder / "small.safetensors"
    save_checkpoint(as_network(network, preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,))), path)
    return ["--model", str(path), "--data", str(folder / "photos"), "--no-report", "--quiet"]


def request(out: Path, *arguments: str) -> dict[str, object]:
    """What the run of a command was asked for."""
    with pytest.raises(SystemExit) as stop:
        main(["probe", "--out", str(out), *arguments])
    assert not stop.value.code
    found: dict[str, object] = json.loads((out / "run.json").read_bytes())["request"]
    return found


def test_clusterability_is_the_published_protocol(given: list[str], tmp_path: Path) -> None:
    found = request(tmp_path / "run", *given, "--preset", "clusterability")
    assert (found["pool"], found["keep_activations"], found["normalization"]) == ("none", False, "unit")
    assert (found["measures"], found["factors"]) == (["clusters"], list(range(1, 11)))
    profile = pl.read_parquet(tmp_path / "run" / "profile.parquet")
    assert set(profile["measure"]) == {"purity", "ami", "ari", "tied_merges"}
    assert profile["pool"].unique().to_list() == ["none"]


def test_flags_win_over_the_configuration_file_and_that_over_the_preset(given: list[str], tmp_path: Path) -> None:
    config = tmp_path / "probe.toml"
    config.write_text('[probe]\npreset = "clusterability"\npool = "mean"\nfactors = "1-3"\n')
    found = request(tmp_path / "run", *given, "--config", str(config), "--factors", "2", "--keep-activations")
    assert (found["pool"], found["factors"], found["keep_activations"]) == ("mean", [2], True)
    assert found["measures"] == ["clusters"]


def test_a_misspelt_preset_is_refused(given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["probe", "--out", str(tmp_path / "run"), *given, "--preset", "clusterabilty"])
    assert stop.value.code == 2
    assert 'Did you mean "clusterability"?' in capsys.readouterr().err
    with pytest.raises(UsageError, match="'clusterability'"):
        settings(preset="clusterabilty")


def test_presets_are_settings() -> None:
    for name, options in PRESETS.items():
        assert set(options) <= set(Settings.model_fields)
        assert settings(preset=name, seed=3) == settings(**options, seed=3)
    assert settings(preset="clusterability", pool="max").pool == "max"
