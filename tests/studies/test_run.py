"""Running studies as people do: once, again, after a kill, with data missing, with a study that fails."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nucleate import studies
from nucleate.errors import DataError, RunFolderError, UsageError
from nucleate.pipeline import Reporter
from nucleate.studies.execute._outcome import outcomes
from nucleate.studies.execute._runner import StudiesRun
from support.small_run import contents
from support.tiny_studies import VALIDATION, declare, make_study, refuse, setting

REAL = ("A-fig1", "A-figF2", "B-fig2a")
JOB = """
import sys
from support.tiny_studies import declare, make_study, make_tiny, setting
from nucleate.cli import main
make_tiny(setattr)
declare(setattr, make_study("T-fig1", [setting()]))
print("started", flush=True)
main(["study", "run", "all", "--out", sys.argv[1]])
"""


def run(out: Path, *ids: str, **options: object) -> tuple[StudiesRun, str]:
    """Run studies; what came out and what was told."""
    told = io.StringIO()
    found = studies.run(ids or "all", out=out, reporter=Reporter(told), **options)  # type: ignore[arg-type]
    return found, told.getvalue()


def folders(out: Path) -> list[str]:
    """What was trained and probed."""
    return sorted(path.name for room in ("trainings", "probes") for path in (out / room).glob("*"))


@pytest.mark.usefixtures("tiny")
def test_three_of_the_papers_studies_end_to_end(tmp_path: Path) -> None:
    found, told = run(tmp_path, *REAL)
    assert not found.failed
    assert {left.setting for left in found.left_out} <= {"fashion-mnist", "grocery"}  # no folder of data was given
    assert {each.study for each in found.outcomes} == set(REAL)
    page = found.page.read_text("utf-8")
    for each in found.outcomes:
        assert each.pictures
        assert all(picture.table.height for picture in each.pictures)
        for claim, finding in each.claims:
            assert finding.told
            assert claim in page.replace("&#39;", "'")
        assert all((tmp_path / work).is_dir() for work in each.works)
    assert "training 1 of" in told
    assert outcomes(tmp_path)[0].claims


@pytest.mark.usefixtures("tiny")
def test_what_is_done_is_shared_and_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch.setattr, make_study("T-fig1", [setting()]), make_study("T-fig2", [setting(seeds=3)]))
    first, told = run(tmp_path, "T-fig1")
    assert "1 study at small scale in 1 setting: 2 trainings, 2 probes" in told
    assert "training 2 of 2 for T-fig1: resnet-small-digits-natural-softmax-seed1 (" in told
    assert " elapsed, about " in told
    assert first.outcomes[0].claims[0][1].repetitions == 2
    second, told = run(tmp_path)
    assert "2 studies at small scale in 2 settings: 3 trainings (2 done), 3 probes (2 done)" in told
    assert "training 1 of 1 for T-fig2: resnet-small-digits-natural-softmax-seed2" in told
    assert len(folders(tmp_path)) == 6
    assert [each.study for each in second.outcomes] == ["T-fig1", "T-fig2"]
    before = contents(tmp_path)
    _, told = run(tmp_path)
    assert contents(tmp_path) == before
    assert "to do" not in told
    assert not studies.plan("all", out=tmp_path).to_do


@pytest.mark.usefixtures("tiny")
def test_a_study_that_fails_does_not_hold_up_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = make_study("T-fig1", [setting()], draw=refuse)
    mistaken = make_study("T-fig2", [setting()], draw=lambda evidence: [{}["no such key"]])
    diverging = make_study("T-fig3", [setting(layers=("no_such_layer",))])
    again = make_study("T-fig4", [setting(layers=("no_such_layer",))])
    declare(monkeypatch.setattr, wrong, mistaken, diverging, again, make_study("T-fig5", [setting()]))
    found, told = run(tmp_path)
    assert [each.study for each in found.outcomes] == ["T-fig5"]
    assert [each.study for each in found.failed] == ["T-fig1", "T-fig2", "T-fig3", "T-fig4"]
    assert "FAILED: T-fig1 on digits: nothing to draw. Draw nothing." in told
    assert "KeyError: 'no such key'. This is a mistake of ours" in told
    assert "Traceback" in told
    assert told.count("no_such_layer") == 2  # it was not tried again for the fourth
    assert "T-fig5" in found.page.read_text("utf-8")


@pytest.mark.usefixtures("tiny")
def test_missing_data_are_told_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = setting("photos", data="grocery")
    declare(monkeypatch.setattr, make_study("T-fig1", [missing]), make_study("T-fig2", [setting(), missing]))
    (tmp_path / "data").mkdir()
    with pytest.raises(
        DataError, match=r"T-fig1 cannot run: .*grocery does not exist: grocery is needed\. Lay out groc"
    ):
        run(tmp_path / "out", "T-fig2", "T-fig1", data=tmp_path / "data")
    with pytest.raises(DataError, match=r"folder of data .*nowhere does not exist"):
        run(tmp_path / "out", "T-fig2", data=tmp_path / "nowhere")
    with pytest.raises(DataError, match="No study can run: no setting is declared at paper scale"):
        run(tmp_path / "out", scale="paper")
    assert not (tmp_path / "out").exists()
    found, told = run(tmp_path / "out", data=tmp_path / "data")
    assert [each.study for each in found.outcomes] == ["T-fig2"]
    assert [(left.study, left.setting) for left in found.left_out] == [("T-fig1", "photos"), ("T-fig2", "photos")]
    assert "left out: T-fig1 on photos, T-fig2 on photos. " in told
    assert "what is left out: 2 trainings, 2 probes, about " in told


@pytest.mark.usefixtures("tiny")
def test_data_that_are_too_small_are_told_with_the_smallest_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbors = setting("few", measures=("landscape",), k=VALIDATION)
    clusters = setting("tight", factors=(1, VALIDATION))
    whole = [make_study("T-fig1", [neighbors]), make_study("T-fig2", [clusters]), make_study("T-fig3", [setting()])]
    declare(monkeypatch.setattr, *whole)
    with pytest.raises(
        DataError, match=f"too few for {VALIDATION} neighbours of each. The smallest that works has 151"
    ):
        run(tmp_path / "out", "T-fig1")
    with pytest.raises(DataError, match=r"too few for \d+ clusters .* has 150 of each kind"):
        run(tmp_path / "out", "T-fig2")
    assert not (tmp_path / "out").exists()
    found, _ = run(tmp_path / "out")
    assert [each.study for each in found.outcomes] == ["T-fig3"]
    assert [left.study for left in found.left_out] == ["T-fig1", "T-fig2"]


def test_names_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no study 'A-fig11'. Did you mean"):
        run(tmp_path, "A-fig11")
    with pytest.raises(UsageError, match=r"There is no scale 'papr'. Did you mean 'paper'"):
        run(tmp_path, "A-fig1", scale="papr")
    with pytest.raises(UsageError, match="No study was named"):
        studies.run([], out=tmp_path)
    with pytest.raises(RunFolderError, match=r"holds no outcome of a study. Run some: nucleate study run"):
        studies.report(tmp_path)


def test_a_full_disk_is_foreseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch.setattr, make_study("T-fig1", [setting()]))
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(UsageError, match=r"would take about \d+ MB in .*, 1 KB are free. Choose fewer studies"):
        run(tmp_path, "T-fig1")
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_it_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    def start(out: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", JOB, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
        )  # fmt: skip

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole).wait() == 0
    for begun in ("trainings/*seed1*/checkpoints/*.json", "probes/*seed1*/*/*.json"):
        job = start(killed)
        while not list(killed.glob(begun)) and job.poll() is None:
            time.sleep(0.02)
        job.send_signal(signal.SIGKILL)
        assert job.wait() == -signal.SIGKILL
    assert start(killed).wait() == 0
    assert contents(killed) == contents(whole)
