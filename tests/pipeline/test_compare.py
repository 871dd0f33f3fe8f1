from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from nucleate.data import Samples, from_arrays
from nucleate.errors import UsageError
from nucleate.pipeline import Run, compare
from support.small_run import make_network, make_samples, run_probe


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("other") / "run"
    return run_probe(out, network=make_network(seed=1), layers="blocks", factors=(2, 3))


def test_every_pair_of_layers_is_compared_inside_each_superclass(finished: Run, other: Run) -> None:
    table = compare([finished, other])
    assert table["factor"].unique().to_list() == [2]
    assert set(table.select("layer", "other_layer").iter_rows()) == {
        (a, b) for a in finished.layer_names for b in other.layer_names
    }
    for layer, other_layer, value, n in table.select("layer", "other_layer", "ari", "n").iter_rows():
        ours, theirs = finished.clusters(layer), other.clusters(other_layer)
        expected = []
        for group in ("a", "b"):
            inside = (ours["group"] == group).to_numpy()
            expected.append(
                adjusted_rand_score(ours["factor_2"].to_numpy()[inside], theirs["factor_2"].to_numpy()[inside])
            )
        assert value == pytest.approx(np.mean(expected))
        assert n == 2


def test_the_same_layer_of_different_runs_is_computed_not_assumed(finished: Run, other: Run) -> None:
    same = compare([finished, other], layers="same")
    assert same["layer"].equals(same["other_layer"].rename("layer"))
    assert (same["ari"] < 1).any()


def test_a_run_agrees_with_itself(finished: Run) -> None:
    table = compare([finished, Run(finished.root)], layers="same")
    assert table["ari"].to_list() == [1.0] * len(finished.layer_names)


def test_runs_that_cannot_be_compared_are_named(finished: Run, other: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least two"):
        compare([finished])
    with pytest.raises(UsageError, match="do not share the factor 1"):
        compare([finished, other], factor=1)
    fewer = run_probe(tmp_path / "fewer", samples=make_samples(80), layers="first")
    with pytest.raises(UsageError, match=r"14 samples are in one of them only \(first 26\)"):
        compare([finished, fewer])
    values = np.stack([make_samples().source.read(row) for row in range(90)])
    labels = {"superclass": ["x"] * 90, "subclass": make_samples().labels("subclass").tolist()}
    splits = make_samples().table["split"].to_list()
    regrouped: Samples = from_arrays(values, labels, split=splits, name="bumps")
    other_groups = run_probe(tmp_path / "regrouped", samples=regrouped, layers="first")
    with pytest.raises(UsageError, match="differ in content, order or superclass"):
        compare([finished, other_groups])
    flat = from_arrays(values, {"class": labels["subclass"]}, split=splits)
    one_level = run_probe(tmp_path / "flat", samples=flat, layers="first")
    with pytest.raises(UsageError, match=r"clusters inside superclass, .* inside None"):
        compare([finished, one_level])


def test_whole_data_sets_are_compared_when_there_is_one_level(tmp_path: Path) -> None:
    values = np.stack([make_samples().source.read(row) for row in range(60)])
    samples = from_arrays(values, {"class": make_samples().labels("subclass")[:60].tolist()})
    runs = [
        run_probe(tmp_path / str(seed), network=make_network(seed), samples=samples, layers="first,output")
        for seed in (0, 1)
    ]
    table = compare(runs)
    assert table.height == 4
    assert table.filter(pl.col("n") != 1).is_empty()
    assert table["low"].is_null().all()
