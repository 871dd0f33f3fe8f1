"""nucleate study, as people meet it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nucleate.cli import main
from support.tiny_studies import declare, make_study, make_tiny, refuse, setting


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(["study", *arguments])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two studies of seconds, of which the second has a setting without data."""
    make_tiny(monkeypatch.setattr)
    photos = setting("photos", data="grocery")
    declare(monkeypatch.setattr, make_study("T-fig1", [setting()]), make_study("T-fig2", [setting(), photos]))
    monkeypatch.setenv("COLUMNS", "120")


@pytest.mark.usefixtures("catalogue")
def test_list_run_and_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    code, told, err = run(capsys, "list", "--out", out, "--data", str(tmp_path))
    assert (code, err) == (0, "")
    assert "T-fig2" in told
    assert "! photos (2 + 2)" in told
    assert "✓ digits" not in told

    code, told, err = run(capsys, "run", "all", "--out", out, "--plan")
    assert (code, err) == (0, "")
    assert "2 studies at small scale in 2 settings: 2 trainings, 2 probes" in told
    assert re.search(r"resnet-small-digits-natural-softmax-seed1 +T-fig1, T-fig2 +\d+ s", told)
    assert "data missing" in told
    assert not Path(out).exists()

    code, told, err = run(capsys, "run", "t-FIG1", "T-fig2", "--out", out)
    assert code == 0, err
    assert "training 2 of 2 for T-fig1, T-fig2" in err
    assert "confirmed" in told or "undecided" in told or "refuted" in told
    assert told.splitlines()[-1] == f"Report: {Path(out).resolve() / 'report.html'}"

    code, told, err = run(capsys, "run", "all", "--out", out, "--quiet")
    assert (code, err) == (0, "")
    assert "✓ digits (2 + 2)" in run(capsys, "list", "--out", out)[1]
    assert run(capsys, "report", "--out", out)[1] == f"Report: {Path(out).resolve() / 'report.html'}\n"
    code, told, _ = run(capsys, "report", "--out", out, "--format", "markdown")
    assert told.startswith("| study | data | claim |")
    assert told.count("\n") == 4


def test_failures_are_told_at_the_end(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny(monkeypatch.setattr)
    quick = setting(seeds=1)
    declare(monkeypatch.setattr, make_study("T-fig1", [quick], draw=refuse), make_study("T-fig2", [quick]))
    code, told, err = run(capsys, "run", "all", "--out", str(tmp_path))
    assert code == 1
    assert "T-fig2" in told
    last = err.splitlines()[-1]
    assert last.startswith("nucleate: 1 of 2 could not be finished: T-fig1 on digits: nothing to draw. Draw nothing")


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "T-fig3"), "There is no study 'T-fig3'. Did you mean 'T-fig2' or 'T-fig1'?"),
        (("run",), "No study was named. Name some, or all."),
        (("run", "T-fig1", "--scale", "paper"), "T-fig1 cannot run: no setting is declared at paper scale."),
        (("run", "T-fig1", "--data", "nowhere"), "The folder of data nowhere does not exist."),
        (("run", "T-fig1", "--scale", "tiny"), "--scale"),
        (("run", "T-fig1", "--device", "quantum"), "This machine cannot use the device 'quantum'."),
        (("report",), "holds no outcome of a study. Run some: nucleate study run all"),
        (("rnu",), 'Did you mean "run"?'),
    ],
)
def test_requests_that_cannot_be_meant(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    given = (*arguments, "--out", str(tmp_path / "out")) if arguments[0] in ("run", "report") else arguments
    code, told, err = run(capsys, *given)
    assert code in (1, 2)
    assert told == ""
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [[], ["list"], ["run"], ["report"]])
def test_help_is_instant(command: list[str]) -> None:
    code = f"""
import sys
from nucleate.cli import main
try:
    main({["study", *command, "--help"]!r})
finally:
    assert not {{"torch", "numpy", "polars", "scipy"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage: nucleate study" in done.stdout
