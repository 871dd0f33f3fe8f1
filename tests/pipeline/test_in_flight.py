"""Clusters without activations: the same as with them, in however many passes, after however many interruptions."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nucleate.clusters import Normalization, normalized
from nucleate.errors import RunError, RunFolderError, StorageError, UsageError
from nucleate.pipeline import Run
from nucleate.pipeline.analyses import _search_state as search_state
from nucleate.pipeline.plan import _passes as passes
from nucleate.pipeline.rows import _distances as distances
from nucleate.pipeline.rows import _extraction as extraction
from nucleate.pipeline.rows import _streamed_distances as in_flight
from nucleate.storage import _commits as commits
from nucleate.storage import read_tensor, tensor_names
from support.small_run import contents, make_network, make_samples, run_probe
from support.stopping import Stop, stop_after
from support.unreadable import lose_after_one_pass, with_unreadable

REQUEST = {"layers": "all", "pool": "none", "measures": ("clusters",), "factors": (1, 2, 3)}
LINKAGES = ("ward", "average", "complete", "single")


def probe_in_flight(out: Path, **options: object) -> Run:
    return run_probe(out, **{**REQUEST, "keep_activations": False, **options})


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_probe(tmp_path_factory.mktemp("stored") / "run", **REQUEST)


@pytest.fixture(scope="module")
def in_one_pass(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return probe_in_flight(tmp_path_factory.mktemp("in-flight") / "run")


def results(run: Run) -> dict[str, bytes]:
    """What a run found out: the profile, and every layer's trees and clusters."""
    found = contents(run.root)
    return {
        name: data
        for name, data in found.items()
        if name == "profile.parquet" or (name.startswith("clusters/") and not name.endswith(".json"))
    }


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Memory for one superclass at the widest layer, and not for two."""
    monkeypatch.setattr(passes, "_FIXED", 0)
    return {"memory": 240_000 / 2**30}


def test_every_result_has_the_bits_of_a_run_that_stores_everything(stored: Run, in_one_pass: Run) -> None:
    assert results(in_one_pass) == results(stored)
    assert len(results(stored)) == 1 + 3 * len(stored.layer_names)
    assert stored.scores("ami").height == 3 * len(stored.layer_names)


@pytest.mark.parametrize("normalization", ["none", "centred"])
def test_other_linkages_and_normalizations_too(tmp_path: Path, normalization: Normalization) -> None:
    options = {"layers": "input,first", "algorithms": LINKAGES, "normalization": normalization}
    ours = probe_in_flight(tmp_path / "in-flight", **options)
    assert results(ours) == results(run_probe(tmp_path / "stored", **{**REQUEST, **options}))


def test_nothing_wide_is_kept(in_one_pass: Run) -> None:
    blocks = sorted((in_one_pass.root / "activations").glob("*.safetensors"))
    assert blocks
    assert not any(tensor_names(path) for path in blocks)
    with pytest.raises(UsageError, match="not kept the activations of first"):
        in_one_pass.activations("first")


def test_several_passes_give_the_same(
    stored: Run, in_one_pass: Run, tmp_path: Path, little_memory: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps = []
    extract = extraction.extract

    def counted(*arguments: object, **keywords: object) -> object:
        sweeps.append([layer.name for layer in keywords["layers"]])  # type: ignore[attr-defined]
        return extract(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(extraction, "extract", counted)
    run = probe_in_flight(tmp_path / "run", **little_memory)
    assert len(sweeps) >= 3
    assert ["first"] in sweeps  # the widest goes through once for each superclass
    assert contents(run.root) == contents(in_one_pass.root)
    assert results(run) == results(stored)
    sweeps.clear()
    probe_in_flight(tmp_path / "run", **little_memory)
    assert not sweeps


def test_a_sample_that_is_lost_between_passes_spoils_nothing(
    in_one_pass: Run, tmp_path: Path, little_memory: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = int(in_one_pass.clusters("first")["row"][45])  # in a block that completes a superclass
    with monkeypatch.context() as patch:
        lose_after_one_pass(patch, row=row)
        with pytest.raises(RunError, match="in one pass and not in another"):
            probe_in_flight(tmp_path / "run", **little_memory)
    assert contents(probe_in_flight(tmp_path / "run", **little_memory).root) == contents(in_one_pass.root)


@pytest.mark.parametrize("writes", [0, 3, 8, 14, 22, 33])
def test_a_stopped_run_goes_on_where_it_stopped(
    in_one_pass: Run, tmp_path: Path, little_memory: dict[str, float], monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    with monkeypatch.context() as patch:
        stop_after(writes, patch, commits)
        with pytest.raises(Stop):
            probe_in_flight(tmp_path / "run", **little_memory)
    with pytest.raises(RunFolderError, match="not finished"):
        Run(tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("run/*/*.json")}
    probe_in_flight(tmp_path / "run")  # with other passes than before
    assert contents(tmp_path / "run") == contents(in_one_pass.root)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_damage_is_made_anew(in_one_pass: Run, tmp_path: Path) -> None:
    run = probe_in_flight(tmp_path / "run")
    for name in ("distances", "activations"):
        damaged = sorted((run.root / name).glob("*.safetensors"))[1]
        damaged.write_bytes(damaged.read_bytes()[:-1])
    assert contents(probe_in_flight(run.root).root) == contents(in_one_pass.root)


def test_machines_do_not_mix(in_one_pass: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = probe_in_flight(tmp_path / "run")
    distances = sorted((run.root / "distances").glob("*.json"))
    before = {path: path.read_bytes() for path in distances}
    with monkeypatch.context() as patch:
        patch.setattr(in_flight, "environment", lambda analysis: {"numpy": "99"})
        probe_in_flight(run.root)
        assert {path: path.read_bytes() for path in distances} == before  # complete: used wherever it was made
        distances[3].unlink()
        probe_in_flight(run.root)
        assert all(path.read_bytes() != before[path] for path in distances)
    probe_in_flight(run.root)
    assert all(path.read_bytes() != before[path] for path in distances)


def test_what_an_earlier_run_stored_stays(tmp_path: Path) -> None:
    run = run_probe(tmp_path / "run", **REQUEST)
    kept, first = results(run), run.activations("first")
    run = probe_in_flight(run.root)
    assert results(run) == kept
    np.testing.assert_array_equal(run.activations("first"), first)


def test_distances_are_of_the_readable_rows_of_a_superclass(in_one_pass: Run) -> None:
    path = sorted((in_one_pass.root / "distances").glob("*@0001.safetensors"))[0]
    rows = in_one_pass.samples.filter((pl.col("superclass") == "b") & (pl.col("split") == "validation"))["row"]
    np.testing.assert_array_equal(read_tensor(path, "rows"), rows)
    assert len(read_tensor(path, "squared")) == len(rows) * (len(rows) - 1) // 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measures": ("clusters", "cka"), "layers": "all"}, "CKA reads two layers at once"),
        ({"algorithms": ("kmeans",)}, "k-means needs activations"),
        ({"memory": 1e-5}, "of memory beside the network"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        probe_in_flight(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_samples_without_superclasses_are_clustered_as_a_whole(tmp_path: Path) -> None:
    options = {"within": None, "recover": "superclass", "layers": "second"}
    ours = probe_in_flight(tmp_path / "in-flight", **options)
    assert results(ours) == results(run_probe(tmp_path / "stored", **{**REQUEST, **options}))


def test_the_network_is_the_one_that_was_given(tmp_path: Path, in_one_pass: Run) -> None:
    other = probe_in_flight(tmp_path / "run", network=make_network(seed=1), samples=make_samples())
    assert results(other) != results(in_one_pass)


def test_unreadable_samples_keep_their_rows(tmp_path: Path, little_memory: dict[str, float]) -> None:
    samples = with_unreadable(make_samples(), {40: "cut short", 71: "no image"})
    ours = probe_in_flight(tmp_path / "in-flight", samples=samples, **little_memory)
    assert results(ours) == results(run_probe(tmp_path / "stored", **REQUEST, samples=samples))
    assert ours.failed["row"].to_list() == [40, 71]
    assert 40 not in ours.clusters("first")["row"]
    of_group = ours.samples.filter((pl.col("superclass") == "a") & (pl.col("split") == "validation"))["row"].to_list()
    gone = with_unreadable(make_samples(), dict.fromkeys(of_group, "lost"))
    alone = probe_in_flight(tmp_path / "one-group", samples=gone)
    assert set(alone.clusters("first")["group"]) == {"b"}


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Parts of 50 columns, and memory for one part of the larger superclass at the widest layer."""
    monkeypatch.setattr(passes, "_FIXED", 0)
    for module in (passes, distances):
        monkeypatch.setattr(module, "PART_COLUMNS", 50)
    return {"memory": 222_000 / 2**30}


@pytest.mark.parametrize("normalization", ["unit", "none", "centred"])
def test_a_superclass_too_large_for_memory_goes_by_in_parts(
    tmp_path: Path, parts: dict[str, float], normalization: Normalization, stored: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    keep = in_flight.Unit.keep
    monkeypatch.setattr(
        in_flight.Unit, "keep", lambda self, columns, sums: kept.append(columns) or keep(self, columns, sums)
    )
    run = probe_in_flight(tmp_path / "parts", normalization=normalization, **parts)
    assert {50, 100, 150, 200} <= set(kept)
    whole = probe_in_flight(tmp_path / "whole", normalization=normalization)
    assert contents(run.root) == contents(whole.root)  # sums are taken over the same parts
    reference = stored if normalization == "unit" else run_probe(
        tmp_path / "stored", **REQUEST, normalization=normalization
    )  # fmt: skip
    for layer in run.layer_names:
        for group in ("a", "b"):
            ours, theirs = run.tree(layer, group).linkage, reference.tree(layer, group).linkage
            np.testing.assert_allclose(ours, theirs, rtol=1e-10)
            np.testing.assert_array_equal(ours[:, [0, 1, 3]], theirs[:, [0, 1, 3]])


@pytest.mark.parametrize("saves", [0, 2, 5])
def test_parts_go_on_where_they_stopped_also_with_other_memory(
    tmp_path: Path, parts: dict[str, float], monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    with monkeypatch.context() as patch:
        stop_after(saves, patch, search_state)
        with pytest.raises(Stop):
            probe_in_flight(tmp_path / "run", **parts)
    assert bool(list(tmp_path.glob("run/distances/*.part"))) == bool(saves)
    run = probe_in_flight(tmp_path / "run", memory=226_000 / 2**30)  # two parts at a time
    assert contents(run.root) == contents(probe_in_flight(tmp_path / "whole").root)
    left_behind = next(run.root.glob("distances/*.json")).with_suffix(".part")
    left_behind.write_bytes(b"of a process that died right after its work")
    probe_in_flight(run.root)
    assert not left_behind.exists()


def test_parts_that_vanish_during_a_run_are_not_left_out(
    tmp_path: Path, parts: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = in_flight.Unit.keep

    def losing(unit: in_flight.Unit, columns: int, squared: np.ndarray) -> None:
        keep(unit, columns, squared)
        unit.unfinished.unlink()

    with monkeypatch.context() as patch:
        patch.setattr(in_flight.Unit, "keep", losing)
        with pytest.raises(StorageError, match="gone or damaged"):
            probe_in_flight(tmp_path / "run", **parts)
    run = probe_in_flight(tmp_path / "run", **parts)
    assert contents(run.root) == contents(probe_in_flight(tmp_path / "whole").root)


@pytest.mark.parametrize("offset", [0.0, 100.0, 10_000.0])
@pytest.mark.parametrize("normalization", ["unit", "none"])
def test_sums_over_parts_are_as_precise_as_subtracting(
    normalization: Normalization, offset: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    rows = (generator.normal(size=(40, 3000)) + offset).astype(np.float32)
    rows[1] = rows[0]
    rows[1, 7] = np.nextafter(rows[0, 7], np.float32(np.inf))  # as near as two rows can be
    values = normalized(rows, "unit") if normalization == "unit" else rows
    exact = ((values[:, None].astype(np.longdouble) - values) ** 2).sum(axis=-1)[np.triu_indices(40, 1)]
    monkeypatch.setattr(distances, "PART_COLUMNS", 256)
    found = distances.add_distances(values, normalization=normalization)
    np.testing.assert_allclose(found, exact.astype(np.float64), rtol=1e-11)
    half = distances.add_distances(values[:, :1024], normalization=normalization)
    assert (
        distances.add_distances(values[:, 1024:], normalization=normalization, before=half).tobytes() == found.tobytes()
    )
