"""`nucleate transfer` and `nucleate probe --checkpoints`, as a user runs them."""

from pathlib import Path

import polars as pl
import pytest

from nucleate.cli import main
from nucleate.cli.actions._transfer import checkpoint_of, named
from nucleate.data import digits
from nucleate.errors import UsageError
from nucleate.pipeline import Run
from nucleate.training import Recipe, fit
from nucleate.training.objectives._targets import relabelled

QUICK = ["--factors", "1", "-q"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(list(arguments))
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a training run on shuffled digits."""
    folder = tmp_path_factory.mktemp("work")
    samples = digits()
    assert samples.hierarchy is not None
    shuffled = relabelled(samples, samples.hierarchy.shuffled(seed=0))
    fit("resnet-small", shuffled, out=folder / "runs" / "shuffled", recipe=Recipe(epochs=1, batch_size=512))
    return folder


@pytest.fixture(autouse=True)
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def test_networks_side_by_side(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["transfer", "-m", "trained=runs/shuffled", "-m", "runs/shuffled/checkpoints/epoch-000000.safetensors"]
    command += ["-d", "digits", "-o", "transfer", *QUICK]
    code, out, err = run(capsys, *command)
    assert code == 0, err
    assert out == f"Report: {(place / 'transfer' / 'report.html').resolve()}\n"
    table = pl.read_parquet(place / "transfer" / "profile.parquet")
    assert table["network"].unique(maintain_order=True).to_list() == ["trained", "runs/shuffled/epoch-000000"]
    assert table["layer"].unique().to_list() == ["fc:input"]
    assert Run(place / "transfer" / "trained").about["request"]["within"] is None
    before = (place / "transfer" / "report.html").read_bytes()
    assert run(capsys, *command)[0] == 0
    assert (place / "transfer" / "report.html").read_bytes() == before


def test_checkpoints_are_probed_under_the_hierarchy_of_their_training(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["probe", "--checkpoints", "runs/shuffled", "-d", "digits", "--layers", "output", "--factors", "1"]
    command += ["--measures", "clusters", "-o", "over"]
    code, out, err = run(capsys, *command)
    assert code == 0, err
    assert out.startswith("Report: ")
    assert "Classes are grouped as in the training run runs/shuffled; --hierarchy groups them otherwise" in err
    shuffled = digits().hierarchy.shuffled(seed=0)  # type: ignore[union-attr]
    samples = Run(place / "over" / "epoch-000001").samples
    assert samples["superclass"].to_list() == list(shuffled.of(samples["subclass"].to_list(), "superclass"))
    assert pl.read_parquet(place / "over" / "profile.parquet")["epoch"].unique().sort().to_list() == [0, 1]


def test_a_hierarchy_of_ones_own_counts(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaves = [f"{'low' if digit < 5 else 'high'},{digit}" for digit in range(10)]
    (place / "halves.csv").write_text("\n".join(["half,digit", *leaves]))
    command = ["probe", "--checkpoints", "runs/shuffled", "-d", "digits", "--hierarchy", "halves.csv", "-o", "halves"]
    code, _, err = run(capsys, *command, "--layers", "output", "--measures", "clusters", "--no-report", *QUICK)
    assert code == 0, err
    assert Run(place / "halves" / "epoch-000000").levels == ("half", "digit")
    assert not (place / "halves" / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["probe", "-d", "digits", "-o", "z"], "No network was given. Name one with --model, or a training run with"),
        (["probe", "--checkpoints", "x", "-m", "y", "-d", "digits", "-o", "z"], "brings its networks and weights"),
        (["probe", "--checkpoints", "x", "--random-weights", "-d", "digits", "-o", "z"], "brings its networks"),
        (["probe", "--checkpoints", "nowhere", "-d", "digits", "-o", "z"], "nowhere is not a training run"),
        (["probe", "--checkpoint", "runs/shuffled", "-d", "digits", "-o", "z"], "No network was given"),
        (["transfer", "-d", "digits", "-o", "z"], "--model"),
        (["transfer", "-m", "resnet5", "-d", "digits", "-o", "z"], "no network 'resnet5'. Did you mean"),
        (["transfer", "-m", "a=runs/shuffled", "-m", "a=runs/shuffled", "-d", "digits", "-o", "z"], "are called 'a'"),
        (["transfer", "-m", "runs/shuffled", "-d", "digitz", "-o", "z"], "image folder digitz does not exist"),
        (["transfer", "-m", "runs/shuffled", "-d", "digits", "-o", "z", "--layer", "fd:input"], "No layer matches"),
        (["transfer", "-m", "runs/shuffled", "-d", "digits", "-o", "z", "--recover", "clas"], "clas"),
        (["transfer", "-m", "runs/shuffled", "-d", "digits", "-o", "z", "--splt", "train"], "Did you mean --split"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_line(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, _, err = run(capsys, *arguments)
    assert code in (1, 2)
    last = err.strip().splitlines()[-1]
    assert last.startswith("nucleate: ")
    assert message in last
    assert not (place / "z").exists()


def test_names_of_networks() -> None:
    assert named("timm:resnet50.a1_in1k") == ("timm:resnet50.a1_in1k", "timm:resnet50.a1_in1k")
    assert named("big one=timm:resnet50") == ("big one", "timm:resnet50")
    assert named("runs/a=b/x.safetensors")[1] == "runs/a=b/x.safetensors"
    assert checkpoint_of("runs/shuffled") == "runs/shuffled/checkpoints/epoch-000001.safetensors"
    assert checkpoint_of("timm:resnet50") == "timm:resnet50"


def test_a_training_without_checkpoints_has_no_network(place: Path, tmp_path: Path) -> None:
    (tmp_path / "train.json").write_bytes((place / "runs" / "shuffled" / "train.json").read_bytes())
    with pytest.raises(UsageError, match="has no checkpoint yet"):
        checkpoint_of(str(tmp_path))
