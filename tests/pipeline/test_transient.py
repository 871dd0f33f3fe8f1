"""Neighbours and the rest without keeping activations: the same as with them, whatever disk and memory there are."""

from pathlib import Path

import numpy as np
import pytest

from nucleate.errors import RunError, RunFolderError, UsageError
from nucleate.neighbors import knn
from nucleate.pipeline import Run
from nucleate.pipeline.plan import _passes as passes
from nucleate.pipeline.plan import _plan as plan
from nucleate.pipeline.plan import _sketching as sketching
from nucleate.pipeline.rows import _extraction as extraction
from nucleate.pipeline.rows._spilled_rows import TransientRows
from nucleate.reports.content._summary import probed
from nucleate.storage import _commits as commits
from nucleate.storage import tensor_names
from support.small_run import contents, make_samples, run_probe
from support.stopping import Stop, stop_after
from support.unreadable import lose_after_one_pass, with_unreadable

EVERY = ("clusters", "overlap", "label_overlap", "landscape", "linear_probe", "mutual_knn", "scale_profile")
REQUEST = {
    "layers": "all", "pool": "none", "measures": EVERY, "more_k": (2,), "subsample": (0.5,),
    "algorithms": ("ward", "kmeans"),
}  # fmt: skip
WIDEST = 4 * 90 * 6 * 36  # bytes of the rows of "first"


def probe_passing(out: Path, **options: object) -> Run:
    return run_probe(out, **{**REQUEST, "keep_activations": False, **options})


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_probe(tmp_path_factory.mktemp("stored") / "run", **REQUEST)


@pytest.fixture(scope="module")
def in_one_pass(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return probe_passing(tmp_path_factory.mktemp("passing") / "run")


def results(run: Run) -> dict[str, bytes]:
    """Everything but the activations and what tells how it came about."""
    return {
        name: data
        for name, data in contents(run.root).items()
        if not name.startswith(("activations/", "digests/")) and name not in ("manifest.json", "run.json")
    }


@pytest.fixture
def little_disk(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Disk for the rows of the widest layer alone, and memory for none."""
    for name in ("THUMBNAIL_BYTES", "RESULT_BYTES", "TASK_BYTES"):
        monkeypatch.setattr(plan, name, 0)
    return {"disk": (WIDEST + 150_000) / 2**30}


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Layers of each time that samples went through the network."""
    found: list[list[str]] = []
    extract = extraction.extract

    def counted(*arguments: object, **keywords: object) -> object:
        found.append([layer.name for layer in keywords["layers"]])  # type: ignore[attr-defined]
        return extract(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(extraction, "extract", counted)
    return found


def test_every_result_has_the_bytes_of_a_run_that_keeps_everything(stored: Run, in_one_pass: Run) -> None:
    assert results(in_one_pass) == results(stored)
    assert in_one_pass.neighbors("first").n == 60


def test_nothing_wide_is_kept(in_one_pass: Run) -> None:
    assert not any(tensor_names(path) for path in (in_one_pass.root / "activations").glob("*.safetensors"))
    assert not (in_one_pass.root / "scratch").exists()
    with pytest.raises(UsageError, match="not kept the activations of first"):
        in_one_pass.activations("first")


def test_layers_take_turns_on_little_disk(
    in_one_pass: Run, tmp_path: Path, little_disk: dict[str, float], sweeps: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(passes.Storing, "block_memory", lambda self, layers: 10**15 if self.where == "memory" else 1)
    run = probe_passing(tmp_path / "run", **little_disk)
    assert len(sweeps) >= 2
    assert [name for sweep in sweeps for name in sweep] == run.layer_names  # each layer once
    assert contents(run.root) == contents(in_one_pass.root)
    sweeps.clear()
    probe_passing(tmp_path / "run", **little_disk)
    assert not sweeps
    probe_passing(tmp_path / "run", **little_disk, k=3)
    assert len(sweeps) >= 2  # the rows are gone, and are made again for more neighbours


def test_a_sample_that_is_lost_between_passes_spoils_nothing(
    in_one_pass: Run, tmp_path: Path, little_disk: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes.Storing, "block_memory", lambda self, layers: 10**15 if self.where == "memory" else 1)
    with monkeypatch.context() as patch:
        lose_after_one_pass(patch, row=40)
        with pytest.raises(RunError, match="in one pass and not in another"):
            probe_passing(tmp_path / "run", **little_disk)
    assert contents(probe_passing(tmp_path / "run", **little_disk).root) == contents(in_one_pass.root)


def test_rows_lie_in_memory_where_disk_is_short(in_one_pass: Run, tmp_path: Path) -> None:
    run = probe_passing(tmp_path / "run", disk=0.002)
    assert contents(run.root) == contents(in_one_pass.root)


def test_what_an_earlier_run_stored_serves(stored: Run, tmp_path: Path, sweeps: list[list[str]]) -> None:
    run = run_probe(tmp_path / "run", **REQUEST)
    sweeps.clear()
    run = probe_passing(run.root, k=3)
    assert not sweeps
    assert run.activations("first").shape == (60, 216)


@pytest.mark.parametrize("writes", [3, 11, 20, 33, 47, 80])
def test_a_stopped_run_goes_on_where_it_stopped(
    in_one_pass: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    with monkeypatch.context() as patch:
        stop_after(writes, patch, commits)
        with pytest.raises(Stop):
            probe_passing(tmp_path / "run")
    with pytest.raises(RunFolderError, match="not finished"):
        Run(tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("run/neighbors/*.json")}
    probe_passing(tmp_path / "run")
    assert contents(tmp_path / "run") == contents(in_one_pass.root)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_damaged_rows_are_made_anew(in_one_pass: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nucleate.pipeline.rows import _spilled_rows as transient

    with monkeypatch.context() as patch:
        patch.setattr(transient.TransientRows, "finish", lambda self, blocks: (_ for _ in ()).throw(Stop))
        with pytest.raises(Stop):
            probe_passing(tmp_path / "run")
    damaged = sorted((tmp_path / "run" / "scratch").glob("*/*.safetensors"))[2]
    data = bytearray(damaged.read_bytes())
    data[-3] ^= 1
    damaged.write_bytes(data)
    assert contents(probe_passing(tmp_path / "run").root) == contents(in_one_pass.root)


def test_unreadable_samples_keep_their_rows(tmp_path: Path) -> None:
    samples = with_unreadable(make_samples(), {40: "cut short", 71: "no image"})
    ours = probe_passing(tmp_path / "passing", samples=samples)
    assert results(ours) == results(run_probe(tmp_path / "stored", **REQUEST, samples=samples))
    assert ours.failed["row"].to_list() == [40, 71]
    assert ours.neighbors("first").n == 58


@pytest.fixture
def small_sketches(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"SKETCH_COLUMNS": 64, "FEWEST_COLUMNS": 150, "FEWEST_ROWS_PER_CANDIDATE": 1}
    for name, value in {**small, "FEWEST_CANDIDATES": 15, "CHECKED": 25}.items():
        monkeypatch.setattr(sketching, name, value)


def test_candidates_from_a_sketch_are_told_with_their_recall(tmp_path: Path, small_sketches: None) -> None:
    options = {"measures": ("overlap", "landscape"), "subsample": (), "candidates": "sketch"}
    run = probe_passing(tmp_path / "run", **options)
    told = run.scores("neighbor_recall")
    assert told["layer"].to_list() == ["first", "relu"]  # of more than 150 columns
    exact = knn(run_probe(tmp_path / "stored", **{**REQUEST, **options}).activations("first"), 4)
    found = run.neighbors("first")
    assert found.recall is not None
    assert (found.recall.rows, found.recall.value) == (25, told["value"][0])
    assert "candidates from a count-sketch, recall" in told["reason"][0]
    same = found.indices == exact.indices
    assert same.mean() > 0.7
    np.testing.assert_array_equal(found.distances[same], exact.distances[same])
    assert run.neighbors("second").recall is None
    facts = dict(probed(run))
    assert "in 2 of" in facts["Neighbours"]
    assert "recall at least" in facts["Neighbours"]


def test_exact_unless_asked_otherwise(in_one_pass: Run, small_sketches: None) -> None:
    assert in_one_pass.scores("neighbor_recall").is_empty()
    assert dict(probed(in_one_pass))["Neighbours"].endswith("exact")
    assert in_one_pass.neighbors("first").recall is None


def test_the_preset_looks_at_landmarks(tmp_path: Path) -> None:
    run = run_probe(tmp_path / "run", preset="nucleation", layers="landmarks")
    assert run.layer_names == ["input", "first", "second", "output"]
    assert run.about["request"]["pool"] == "none"
    assert run.about["request"]["keep_activations"] is False
    assert set(run.profile["measure"]) >= {"overlap", "label_overlap", "peaks", "intrinsic_dimension"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measures": ("overlap", "cka")}, "CKA reads two layers at once"),
        ({"disk": 0.0005, "memory": 0.0001}, "have to lie on disk or in memory at once: give more --disk"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        probe_passing(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("then", [{"keep_activations": True}, {"measures": ("clusters",), "algorithms": ("ward",)}])
def test_rows_of_a_killed_run_of_other_settings_do_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: dict[str, object]
) -> None:
    with monkeypatch.context() as killing:
        killing.setattr(TransientRows, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            probe_passing(tmp_path / "run")
    assert any((tmp_path / "run" / "scratch").rglob("*.safetensors"))
    probe_passing(tmp_path / "run", **then)
    assert not (tmp_path / "run" / "scratch").exists()
