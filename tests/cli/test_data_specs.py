"""What --data and --model may name, from the command line to the finished run."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from nucleate.cli import main
from nucleate.errors import DataError
from nucleate.pipeline import Run
from support.small_transformers import WORDS, save_text_model

NETWORK = """
from torch import nn
from nucleate.models import Preprocessing, as_network

def make():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    return as_network(module, preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,)))
"""
QUICK = ["-k", "3", "--factors", "1", "--measures", "label_overlap", "--no-report", "-q"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = 0
    try:
        main(list(arguments))
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, capsys.readouterr().err


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a network of one's own, photos, and a table of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_networks.py").write_text(NETWORK)
    generator = np.random.default_rng(0)
    rows = []
    for number in range(12):
        Image.fromarray(generator.integers(0, 255, (9, 9), np.uint8)).save(tmp_path / f"{number}.png")
        kind = "pqrs"[number % 4]
        rows.append({"file": f"{number}.png", "kind": "a" if kind in "pq" else "b", "sort": kind, "part": "val"})
    pl.DataFrame(rows).write_csv(tmp_path / "photos.csv")
    return tmp_path


def test_a_table_of_photos_through_a_network_of_ones_own(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["probe", "-m", "my_networks:make", "-d", "photos.csv", "--path-column", "file"]
    command += ["--levels", "kind,sort", "--split-column", "part", "-o", "run", "--batch-size", "auto", *QUICK]
    code, err = run(capsys, *command)
    assert code == 0, err
    finished = Run(place / "run")
    assert finished.levels == ("kind", "sort")
    assert finished.about["request"]["split"] == "validation"
    assert finished.about["request"]["batch_size"] == 32
    assert finished.samples["path"].to_list() == [f"{number}.png" for number in range(12)]


def test_texts_of_a_table_and_of_hub_data_give_the_same_numbers(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets", reason="needs the extra hf")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(place / "cache"))
    save_text_model(place / "bert")
    generator = np.random.default_rng(0)
    frame = pl.DataFrame({"text": [" ".join(generator.choice(WORDS, 5)) for _ in range(12)], "sort": list("pqrs") * 3})
    (place / "hub").mkdir()
    frame.write_parquet(place / "hub" / "texts.parquet")
    command = ["probe", "-m", "hf:bert", "--text-column", "text", "--levels", "sort", *QUICK]
    for data, out in (("hub/texts.parquet", "one"), ("hf:hub", "two")):
        code, err = run(capsys, *command, "-d", data, "-o", out)
        assert code == 0, err
    one, two = Run(place / "one"), Run(place / "two")
    np.testing.assert_array_equal(one.activations("output"), two.activations("output"))
    assert one.samples["text"].to_list() == two.samples["text"].to_list() == frame["text"].to_list()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "resnet18", "-d", "photos.csv"], "Name it with --path-column or --text-column"),
        (["-m", "resnet18", "-d", "photos.csv", "--path-column", "fil"], "Did you mean 'file'"),
        (["-m", "resnet18", "-d", "no.csv", "--path-column", "file"], "table no.csv does not exist"),
        (["-m", "resnet18", "-d", "digits", "--text-column", "text"], "--text-column says nothing about digits"),
        (["-m", "resnet18", "-d", "hf:x", "--split-column", "part"], "--split-column says nothing about hub data"),
        (["-m", "resnet18", "-d", "hf:x?spilt=test"], "hf: data have no option 'spilt'. Did you mean 'split'?"),
        (["-m", "resnet18", "-d", "hub:x"], "no kind of data set 'hub'. For the Hugging Face hub write hf:x"),
        (
            ["-m", "resnet18", "-d", "photos.csv", "--path-column", "file"],
            "Pass --checkpoint with a file of weights, --random-weights for random ones",
        ),
        (["-m", "no_networks:make", "-d", "digits"], "There is no module 'no_networks'"),
        (["-m", "my_networks:mke", "-d", "digits"], "Did you mean 'make'"),
        (["-m", "torchvision:resnet5O", "-d", "digits"], "torchvision"),
        (["-m", "my_networks:make", "-d", "digits", "--dtype", "bfloat16"], "--dtype bfloat16 is for CUDA"),
        (
            ["-m", "my_networks:make", "-d", "digits", "--batch-size", "0"],
            "--batch-size 0: a batch holds at least 1 row",
        ),
        (["-m", "my_networks:make", "-d", "digits", "--batch-size", "big"], "--batch-size"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, err = run(capsys, "probe", *arguments, "-o", "run")
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert not (place / "run").exists()


def test_layers_of_a_text_network(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_text_model(place / "bert")
    with pytest.raises(SystemExit):
        main(["layers", "-m", "hf:bert", "--choose", "residual"])
    out = capsys.readouterr().out
    assert "encoder.layer.2.output.LayerNorm:input" in out
    assert "7 of 61 layers chosen" in out


def test_a_part_of_a_data_set_of_the_hub(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def from_hub(name: str, **options: object) -> None:
        asked.append({"name": name, **options})
        raise DataError("as far as it goes")

    monkeypatch.setattr("nucleate.data.from_hub", from_hub)
    for data in ("hf:owner/photos?subset=small&split=test", "hf:owner/photos"):
        code, err = run(capsys, "probe", "-m", "my_networks:make", "-d", data, "-o", "run", "--path-column", "img")
        assert (code, "as far as it goes" in err) == (2, True)
    first, second = asked
    assert (first["name"], first["subset"], first["split"]) == ("owner/photos", "small", "test")
    assert (second["name"], second["subset"], second["split"]) == ("owner/photos", None, None)
    assert first["image_column"] == "img"
