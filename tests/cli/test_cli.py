"""The command line as people meet it: help, typos, missing things, a finished job."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from nucleate.cli import main
from nucleate.models import Preprocessing, as_network, load, save_checkpoint


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    code = 0
    try:
        main(list(arguments))
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for parent, leaf in (("a", "p"), ("a", "q"), ("b", "r"), ("b", "s")):
        (folder / parent / leaf).mkdir(parents=True)
        for place in range(6):
            pixels = generator.integers(0, 255, (9, 9), np.uint8)
            Image.fromarray(pixels).save(folder / parent / leaf / f"{place}.png")
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "small.safetensors"
    network = load("resnet-small", pretrained=False, num_classes=2, in_channels=1)
    save_checkpoint(as_network(network, preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,))), path)
    return path


def test_help_imports_neither_torch_nor_numpy() -> None:
    code = "import sys; from nucleate.cli import main\ntry: main(['probe', '--help'])\nexcept SystemExit: pass\n"
    code += "sys.exit(bool({'torch', 'numpy', 'polars', 'numba'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.parametrize("command", ["demo", "probe", "layers", "report"])
def test_every_command_explains_every_flag(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert "--help" in out or "Usage" in out
    assert " PARAMETER" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prob"], 'Did you mean "probe"?'),
        (["probe", "-m", "x", "-d", "y", "-o", "z", "--poool", "mean"], "Did you mean --pool?"),
        (["probe", "-m", "x"], "parameter --data requires an argument"),
        (["probe", "-m", "x", "-d", "y", "-o", "z", "-k", "many"], 'unable to convert "many" into int'),
        (["probe", "-m", "resnet5", "-d", "digits", "-o", "z"], "no network 'resnet5'. Did you mean"),
        (["probe", "-m", "resnet50", "-d", "digits", "-o", "z"], "has no published weights here"),
        (["probe", "-m", "no.safetensors", "-d", "digits", "-o", "z"], "no.safetensors"),
        (["probe", "-m", "resnet50", "-d", "nowhere", "-o", "z"], "image folder nowhere does not exist"),
        (["probe", "-m", "x", "-d", "digits", "-o", "z", "--hierarchy", "living71"], "living17"),
        (["probe", "-m", "x", "-d", "digits", "-o", "z", "--hierarchy", "no.csv"], "table no.csv does not exist"),
        (["probe", "-m", "x", "-d", "digits", "-o", "z", "--config", "no.toml"], "no.toml does not exist"),
        (["layers", "-m", "resnet18", "--choose", "layer9.0"], "No layer matches 'layer9.0'"),
        (["probe", "-m", "resnet18", "-d", "digits", "-o", "z", "--factors", "5-1"], "--factors 5-1 is not a range"),
        (["probe", "-m", "resnet18", "-d", "digits", "-o", "z", "--factors", "1-300000000"], "is not a range"),
        (["probe", "-m", "\x1b[31mred", "-d", "digits", "-o", "z"], r"\x1b[31mred"),
        (["layers", "-m", "resnet-small"], "input shape of resnet-small is unknown"),
    ],
)
def test_usage_errors_are_one_line_with_a_way_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    arguments: list[str], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert message in err
    assert err.startswith("nucleate: ")
    assert err.count("\n") == 1
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_probing_a_folder_of_images(
    capsys: pytest.CaptureFixture[str], photos: Path, checkpoint: Path, tmp_path: Path
) -> None:
    command = ["probe", "-m", str(checkpoint), "-d", str(photos), "-o", str(tmp_path / "run"), "-k", "3"]
    command += ["--factors", "1-2"]
    code, out, err = run(capsys, *command)
    assert code == 0, err
    assert out == f"Report: {tmp_path / 'run' / 'report.html'}\n"
    assert "Probing resnet-small with 24 samples" in err
    profile = pl.read_parquet(tmp_path / "run" / "profile.parquet")
    assert profile["layer"].n_unique() == 10
    assert set(profile["parameters"]) >= {"factor=1", "factor=2", "k=3"}

    # The same command again, other samples, another network, and what the report command makes of it.
    assert run(capsys, *command, "--quiet") == (0, out, "")
    (tmp_path / "other").symlink_to(photos / "a")
    code, _, err = run(capsys, *command[:4], str(tmp_path / "other"), *command[5:])
    assert code == 1
    assert "holds another run: samples" in err
    code, out, _ = run(capsys, "report", str(tmp_path / "run"), "--out", str(tmp_path / "again.html"))
    assert code == 0
    assert (tmp_path / "again.html").stat().st_size > 10_000
    code, _, err = run(capsys, "report", str(tmp_path / "nothing"))
    assert (code, "does not exist. Did you mean" in err) == (2, True)


def test_a_configuration_file_stands_under_the_flags(
    capsys: pytest.CaptureFixture[str], photos: Path, checkpoint: Path, tmp_path: Path
) -> None:
    config = tmp_path / "probe.toml"
    values = {"model": str(checkpoint), "data": str(photos), "out": str(tmp_path / "run"), "factors": "1,3", "k": 5}
    lines = [f"{name} = {value!r}" for name, value in values.items()]
    config.write_text("[probe]\n" + "\n".join(lines))
    code, _, err = run(capsys, "probe", "--config", str(config), "-k", "2", "--no-report", "-q")
    assert code == 0, err
    assert set(pl.read_parquet(tmp_path / "run" / "profile.parquet")["parameters"]) >= {"k=2", "factor=3"}
    config.write_text("[prob]\nk = 3\n")
    code, _, err = run(capsys, "probe", "--config", str(config))
    assert (code, "[prob] of no command. Did you mean 'probe'?" in err) == (2, True)
    config.write_text("[probe]\nfactorz = '1'\n")
    code, _, err = run(capsys, "probe", "--config", str(config))
    assert code == 2
    assert "factorz" in err


def test_a_failed_run_exits_with_one(
    capsys: pytest.CaptureFixture[str], photos: Path, checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    code, _, err = run(capsys, "probe", "-m", str(checkpoint), "-d", str(photos), "-o", str(tmp_path), "-k", "3")
    assert code == 1
    assert "not a run folder" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt"]


def test_interruption_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nucleate.cli.actions.load_samples", interrupt)
    code, _, err = run(capsys, "probe", "-m", "resnet18", "-d", "digits", "-o", str(tmp_path / "run"))
    assert (code, err) == (130, "nucleate: Interrupted. The same command goes on where it stopped.\n")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            OSError(5, "Input/output error", "photos/1.jpg"),
            "[Errno 5] Input/output error: 'photos/1.jpg'. Check the disk",
        ),
        (MemoryError(), "Out of memory. Choose a smaller --batch-size"),
    ],
)
def test_what_the_machine_fails_at_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("nucleate.cli.actions.load_samples", fail)
    code, _, err = run(capsys, "probe", "-m", "resnet18", "-d", "digits", "-o", "run")
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith(f"nucleate: {told}")


def test_layers_lists_in_execution_order(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "layers", "-m", "resnet-small", "--input-shape", "1x8x8")
    assert code == 0
    names = [line.split()[2] for line in out.splitlines()[1:-1]]
    assert names == [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in (0, 1, 2)] + ["output"]
    assert "10 of 61 layers chosen" in out


def test_verify_knows_the_report(
    capsys: pytest.CaptureFixture[str], photos: Path, checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    assert run(capsys, "probe", "-m", str(checkpoint), "-d", str(photos), "-o", str(out), "-k", "2", "-q")[0] == 0
    code, told, _ = run(capsys, "verify", str(out), "-q")
    assert (code, "are whole." in told) == (0, True)
    data = bytearray((out / "report.html").read_bytes())
    data[1000] ^= 1
    (out / "report.html").write_bytes(bytes(data))
    code, told, err = run(capsys, "verify", str(out), "-q")
    assert code == 1
    assert told == f"{out / 'report.html'}: changed\n"
    assert "Run the same probe again" in err

    shutil.copytree(out, tmp_path / "joint" / "first")
    assert run(capsys, "report", str(out))[0] == 0
    shutil.copytree(out, tmp_path / "joint" / "second")
    code, told, err = run(capsys, "verify", str(tmp_path / "joint"), "-q")
    assert code == 1
    assert [line.partition(":")[0] for line in told.splitlines()] == ["first", "second"]
    assert "1 of the 2 runs" in err
    assert err.rstrip().endswith("first. Run the same command again: what is damaged is made anew.")


@pytest.mark.parametrize("command", [["report"], ["verify"], ["export", "--to", "csv"], ["compare", "runs/b"]])
def test_a_run_that_is_not_there_is_a_request_that_cannot_be_meant(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *rest = command
    code, out, err = run(capsys, name, "runs/resnet5", *rest)
    assert (code, out) == (2, "")
    assert err == (
        "nucleate: The run folder runs/resnet5 does not exist. Make one with: nucleate probe --out FOLDER.\n"
    )
    (tmp_path / "runs" / "resnet50").mkdir(parents=True)
    (tmp_path / "runs" / "resnet50" / "run.json").write_text("{}")
    code, _, err = run(capsys, name, "runs/resnet5", *rest)
    assert (code, err) == (2, "nucleate: The run folder runs/resnet5 does not exist. Did you mean 'runs/resnet50'?\n")
    if name != "verify":  # which takes a folder of runs
        code, _, err = run(capsys, name, "runs", *rest)
        assert (code, err) == (2, "nucleate: runs is not a run folder. There are runs/resnet50.\n")


@pytest.mark.parametrize("command", [["report"], ["export", "--to", "csv"], ["compare", "other"]])
def test_a_training_run_is_told_from_a_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained" / "train.json").write_text("{}")
    (tmp_path / "trained" / "manifest.json").write_text("{}")
    name, *rest = command
    code, _, err = run(capsys, name, "trained", *rest)
    assert code == 2
    assert err == "nucleate: trained is a training run. Probe its checkpoints: nucleate probe --checkpoints trained.\n"
