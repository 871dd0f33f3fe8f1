"""A run folder is finished by whoever asks again, and belongs to one network and one set of samples."""

import importlib.metadata
import shutil
from pathlib import Path

import pytest
import torch

from nucleate import pipeline
from nucleate.cli.actions._verify import verify_run
from nucleate.errors import RunError, RunFolderError, UsageError
from nucleate.pipeline import Reporter, Run
from nucleate.pipeline.analyses import _layer_data as layered
from nucleate.storage import _commits as commits
from nucleate.storage import locked
from support.small_run import contents, make_network, make_samples, run_probe
from support.stopping import Stop, stop_after


@pytest.mark.parametrize("writes", [0, 1, 2, 5, 11, 17, 24])
def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(
    finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    with monkeypatch.context() as patch:
        stop_after(writes, patch, commits)
        with pytest.raises(Stop):
            run_probe(tmp_path / "run")
    if writes < 20:
        with pytest.raises(RunFolderError, match="not finished"):
            Run(tmp_path / "run")
    blocks_before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "run" / "activations").glob("*.json")}
    run_probe(tmp_path / "run")
    assert contents(tmp_path / "run") == contents(finished.root)
    for name, time in blocks_before.items():
        assert (tmp_path / "run" / "activations" / name).stat().st_mtime_ns == time


@pytest.fixture
def copy(finished: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished.root, tmp_path / "run"))


def times(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*.*")}


def test_a_second_run_touches_nothing_but_the_log(copy: Path) -> None:
    before = times(copy)
    run_probe(copy)
    changed = {name for name, time in times(copy).items() if before.get(name) != time}
    assert changed <= {"log.jsonl", ".lock"}


def test_another_k_makes_neighbours_anew_and_keeps_the_rest(copy: Path) -> None:
    before = times(copy)
    run = run_probe(copy, k=5)
    changed = {name.split("/")[0] for name, time in times(copy).items() if before.get(name) != time}
    assert changed == {"neighbors", "overlaps", "peaks", "profile.parquet", "manifest.json", "log.jsonl", "run.json"}
    assert run.neighbors("first").k == 5


def test_more_layers_keep_the_results_of_the_others(copy: Path, tmp_path: Path) -> None:
    run = run_probe(copy, layers="input,blocks,relu*")
    assert "relu@2" in run.layer_names
    fresh = run_probe(tmp_path / "fresh", layers="input,blocks,relu*")
    assert contents(run.root) == contents(fresh.root)


def test_damage_is_mended_by_asking_again(copy: Path, finished: Run) -> None:
    (copy / "activations" / "000000.safetensors").write_bytes(b"short")
    next((copy / "clusters").glob("*first*.parquet")).unlink()
    next((copy / "neighbors").glob("*first.json")).write_bytes(b"{")
    run_probe(copy)
    assert contents(copy) == contents(finished.root)


def test_another_network_is_refused_with_the_difference(copy: Path) -> None:
    before = contents(copy)
    with pytest.raises(RunFolderError, match="holds another run: small has other weights or code"):
        run_probe(copy, network=make_network(seed=1))
    assert contents(copy) == before


def test_other_samples_are_refused_with_the_difference(copy: Path) -> None:
    with pytest.raises(RunFolderError, match=r"samples: 10 added \(first 90\)"):
        run_probe(copy, samples=make_samples(100))
    with pytest.raises(RunFolderError, match=r"samples: 90 changed \(first 0\)"):
        run_probe(copy, samples=make_samples(seed=1))


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(RunFolderError, match=r"not a run folder \(it holds 'thesis.tex'\)"):
        run_probe(tmp_path)


def test_one_process_at_a_time(copy: Path) -> None:
    with locked(copy), pytest.raises(RunFolderError, match="Another process is working"):
        run_probe(copy)


def test_blocks_of_two_environments_never_mix(
    copy: Path, finished: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    run_probe(copy)  # complete: used as it is
    assert contents(copy) == contents(finished.root)
    (copy / "activations" / "000000.json").unlink()
    with pytest.raises(RunFolderError, match=r"begun in another environment: threads was \d+, is 64"):
        run_probe(copy)
    shutil.rmtree(copy / "activations")
    run_probe(copy)  # nothing there: begun anew
    assert Run(copy).about["extraction"]["environment"]["threads"] == 64


def test_stale_temporary_files_go(copy: Path) -> None:
    (copy / "clusters" / "x.json.99.tmp").write_bytes(b"half")
    run_probe(copy)
    assert not list(copy.rglob("*.tmp"))


def test_a_missing_or_strange_run_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="does not exist"):
        pipeline.Run(tmp_path / "nothing")
    with pytest.raises(RunFolderError, match="is not a run folder"):
        pipeline.Run(tmp_path)


def test_an_interrupted_second_request_is_not_served_as_finished(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        stop_after(3, patch, commits)
        with pytest.raises(Stop):
            run_probe(copy, k=6)
    with pytest.raises(RunFolderError, match="not finished"):
        Run(copy)
    assert run_probe(copy, k=6).neighbors("output").k == 6


def test_results_of_an_earlier_request_do_not_belong_to_the_run(copy: Path) -> None:
    run = run_probe(copy, measures=("label_overlap",), factors=(3,))
    assert not run.has("clusters", "first")
    with pytest.raises(UsageError, match="no clusters of first"):
        run.clusters("first")
    clusters = next((copy / "clusters").glob("*first.json")).stat().st_mtime_ns
    assert run_probe(copy).has("clusters", "first")
    assert next((copy / "clusters").glob("*first.json")).stat().st_mtime_ns == clusters


def test_fewer_layers_use_what_is_there(copy: Path) -> None:
    before = times(copy)
    run = run_probe(copy, layers="second")
    assert run.layer_names == ["second"]
    assert {name for name, time in times(copy).items() if before.get(name) != time and "activations" in name} == set()
    assert run.activations("second").shape == (60, 5)


def test_what_others_put_into_the_folder_stays(copy: Path) -> None:
    (copy / "figures").mkdir()
    mine = [copy / "notes.json", copy / "figures" / "plot.json", copy / "figures" / "draft.12.tmp"]
    for path in mine:
        path.write_text("{}")
    run_probe(copy, k=5)
    assert all(path.exists() for path in mine)


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
def test_a_damaged_request_is_restored(copy: Path, finished: Run, damage: str) -> None:
    whole = (copy / "run.json").read_bytes()
    if damage == "missing":
        (copy / "run.json").unlink()
    else:
        (copy / "run.json").write_bytes(whole[:40] if damage == "truncated" else whole.replace(b'"small"', b'"smoll"'))
    with pytest.raises(RunFolderError, match="damaged"):
        Run(copy)
    run_probe(copy)
    assert contents(copy) == contents(finished.root)


def test_a_damaged_profile_is_not_read(copy: Path) -> None:
    data = bytearray((copy / "profile.parquet").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "profile.parquet").write_bytes(bytes(data))
    with pytest.raises(RunFolderError, match="damaged"):
        Run(copy)


def test_verify_misses_nothing(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verify_run(copy, Reporter(stream=None))
    assert "units of work are whole" in capsys.readouterr().out
    for path in sorted(copy.rglob("*")):
        if not path.is_file() or path.name == ".lock":
            continue
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[len(flipped) // 3] ^= 2
        for content in (bytes(flipped), whole[:-2]):
            path.write_bytes(content)
            with pytest.raises((RunError, RunFolderError)):
                verify_run(copy, Reporter(stream=None))
        if path.name not in ("manifest.json", "log.jsonl"):
            path.unlink()
            with pytest.raises((RunError, RunFolderError)):
                verify_run(copy, Reporter(stream=None))
        path.write_bytes(whole)
    verify_run(copy, Reporter(stream=None))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_one_batch_size_gives_the_same_bits_for_any_workers(finished: Run, tmp_path: Path, workers: int) -> None:
    assert contents(run_probe(tmp_path / "run", workers=workers, batch_size=4).root) == contents(finished.root)


@pytest.mark.parametrize("is_finished", [True, False])
def test_another_batch_size_is_refused_with_the_difference(copy: Path, is_finished: bool) -> None:
    if not is_finished:
        (copy / "activations" / "000001.json").unlink()
        (copy / "manifest.json").unlink()
    before = contents(copy)
    message = r"was made with other settings: batch_size was 4, is 8. Ask with --batch-size 4, or choose another"
    with pytest.raises(RunFolderError, match=message):
        run_probe(copy, batch_size=8)
    assert contents(copy) == before
    run_probe(copy)
    shutil.rmtree(copy / "activations")  # nothing is lost any more
    assert run_probe(copy, batch_size=8).about["request"]["batch_size"] == 8


def test_libraries_and_threads_are_part_of_what_results_depend_on(
    copy: Path, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_anew(name: str, value: object) -> set[str]:
        before = times(copy)
        with monkeypatch.context() as patch:
            patch.setattr(layered, name, value)
            run_probe(copy)
        changed = {path.split("/")[0] for path, time in times(copy).items() if before.get(path) != time}
        run_probe(copy)
        assert contents(copy) == contents(finished.root)
        return changed - {"log.jsonl", ".lock", "manifest.json", "profile.parquet"}

    assert made_anew("blas_threads", lambda: [97]) == {"clusters"}
    assert made_anew("version", lambda _: "97.1") >= {"clusters", "neighbors", "overlaps", "peaks"}
    assert made_anew("version", lambda name: f"{importlib.metadata.version(name)}.7") == set()  # a mended version
