"""nucleate train, as people meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nucleate.cli import main
from nucleate.models import load
from nucleate.training import TrainingRun


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(["train", *arguments])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_training_on_digits(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("epochs = 9\ncheckpoint_every = 1\nlr = 0.05")
    out = tmp_path / "run"
    command = ["-m", "vgg-small", "-d", "digits", "-o", str(out), "-r", str(tmp_path / "recipe.toml"), "--epochs", "2"]
    command += ["--seed", "3", "--seed-order", "4", "--shuffle", "1"]
    code, told, err = run(capsys, *command)
    assert (code, told) == (0, f"Checkpoints: {out / 'checkpoints'}\n"), err
    assert "Training vgg-small on Samples('digits': 1078 train" in err
    assert "accuracy on validation: superclass" in err
    assert "worst subclass" in err
    assert f"Next: nucleate probe --checkpoints {out}" in err
    trained = TrainingRun(out)
    assert [epoch for epoch, _ in trained.checkpoints] == [0, 1, 2]
    recipe = trained.recipe
    assert (recipe.seed_init, recipe.seed_order, recipe.seed_augmentation, recipe.epochs) == (3, 4, 3, 2)
    assert load(trained.checkpoints[-1][1]).input_shape == (1, 8, 8)
    assert trained.hierarchy.leaves_under("loops", "superclass") != ("0", "6", "8", "9")

    assert run(capsys, *command, "--quiet") == (0, told, "")
    code, _, err = run(capsys, *command, "--epochs", "3")
    assert code == 2  # given twice
    code, _, err = run(capsys, *command[:-2])
    assert code == 1
    assert "holds another training run: the hierarchy differs" in err


def test_damage_is_found_and_made_anew(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = ["-m", "vgg-small", "-d", "digits", "-o", str(tmp_path / "run"), "--epochs", "1", "--quiet"]
    assert run(capsys, *command)[0] == 0
    path = TrainingRun(tmp_path / "run").checkpoint(1)
    whole = path.read_bytes()
    with pytest.raises(SystemExit) as stop:
        main(["verify", str(tmp_path / "run")])
    assert stop.value.code in (0, None)
    assert capsys.readouterr().out == "3 units of work are whole.\n"
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(SystemExit) as stop:
        main(["verify", str(tmp_path / "run")])
    assert stop.value.code == 1
    assert f"{path}: changed" in capsys.readouterr().out
    path.unlink()
    assert run(capsys, *command)[0] == 0
    assert path.read_bytes() == whole


def test_a_configuration_lies_under_the_flags(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = tmp_path / "nucleate.toml"
    config.write_text('[train]\nmodel = "vgg-small"\ndata = "digits"\nepochs = 5\nlevel = "subclass"\n')
    code, _, err = run(capsys, "--config", str(config), "--epochs", "1", "--out", str(tmp_path / "a"), "--quiet")
    assert (code, err) == (0, "")
    trained = TrainingRun(tmp_path / "a")
    assert (trained.recipe.epochs, trained.level) == (1, "subclass")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--level", "superclas"], "Unknown level 'superclas'. Did you mean 'superclass'"),
        (["--recipe", "no.toml"], "The recipe no.toml does not exist"),
        (["--objective", "softmx"], "no objective 'softmx'. Did you mean 'softmax'"),
        (["--objective", "byol"], "set crop"),
        (["--batch-size", "1"], "batch_size is 1"),
        (["--lr", "0"], "lr=0"),
        (["--dtype", "float16", "--device", "cpu"], "float16 is for CUDA"),
        (["--shuffle", "-1"], "seed -1 of a shuffle"),
        (["--workers", "-3"], "--workers -3 is negative"),
        (["--memory", "-1"], "--memory -1 is no amount"),
        (["--memory", "nan"], "--memory nan is no amount"),
        (["--epoch", "3"], "Did you mean --epochs?"),
        (["--checkpoint", "no.safetensors"], "no.safetensors"),
    ],
)
def test_usage_errors_are_one_line_with_a_way_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    arguments: list[str], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "-m", "vgg-small", "-d", "digits", "-o", "z", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
