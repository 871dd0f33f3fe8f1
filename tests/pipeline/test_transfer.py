"""Penultimate layers of several networks, clustered as a whole."""

import numpy as np
import polars as pl
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_mutual_info_score

from nucleate.data import from_arrays
from nucleate.errors import RunFolderError, UsageError
from nucleate.pipeline import Reporter, Run
from nucleate.pipeline._transfer import at_one_level, transfer
from support.small_run import contents, make_network, make_samples

OPTIONS = {"factors": (1, 2, 20), "batch_size": 4, "workers": 0, "reporter": Reporter(stream=None)}


@pytest.fixture(scope="module")
def networks():
    return {"one": make_network(0), "other/net": make_network(1)}


@pytest.fixture(scope="module")
def found(networks, tmp_path_factory):
    return transfer(networks, make_samples(), out=tmp_path_factory.mktemp("transfer") / "out", **OPTIONS)


def test_the_whole_set_is_clustered_by_what_enters_the_classifier(found):
    for name, run in found.runs.items():
        assert run.layer_names == ["head:input"]
        X = run.activations("head:input").astype(np.float64)
        X /= np.linalg.norm(X, axis=1, keepdims=True)
        classes = run.samples["subclass"][run.rows.tolist()].to_numpy()
        for factor in (1, 2):
            expected = AgglomerativeClustering(5 * factor, linkage="ward").fit_predict(X)
            score = run.scores("ami", parameters=f"factor={factor}")
            assert score["value"][0] == pytest.approx(adjusted_mutual_info_score(classes, expected)), name
            assert score["n"][0] == 1


def test_purity_stands_beside_its_baseline_and_a_factor_too_large_has_its_reason(found):
    purity = found.profile.filter((pl.col("measure") == "purity") & pl.col("group").is_null())
    assert purity.height == 6
    cut = purity.filter(pl.col("parameters") != "factor=20")
    assert (cut["value"] >= cut["chance"] - 0.1).all()
    left = purity.filter(pl.col("parameters") == "factor=20")
    assert left["value"].is_null().all()
    assert left["reason"].str.contains("100 clusters of 60 samples").all()


def test_one_table_holds_all_networks_in_their_order(found):
    table = pl.read_parquet(found.root / "profile.parquet")
    assert table.equals(found.profile)
    assert table.columns[0] == "network"
    assert table["network"].unique(maintain_order=True).to_list() == ["one", "other/net"]
    assert Run(found.root / "other-net").profile.equals(table.filter(pl.col("network") == "other/net").drop("network"))


def test_a_second_call_changes_nothing_and_a_third_adds_a_network(found, networks):
    before = contents(found.root)
    transfer(networks, make_samples(), out=found.root, **OPTIONS)
    assert contents(found.root) == before
    more = transfer({**networks, "third": make_network(2)}, make_samples(), out=found.root, **OPTIONS)
    assert list(more.runs) == ["one", "other/net", "third"]
    after = contents(found.root)
    assert {name: after[name] for name in before if name != "profile.parquet"} == {
        name: data for name, data in before.items() if name != "profile.parquet"
    }


def test_a_call_that_was_killed_goes_on(found, networks, tmp_path):
    """What a kill leaves: the first network whole, the second half done, no table."""
    transfer({"one": networks["one"]}, make_samples(), out=tmp_path, **OPTIONS)
    (tmp_path / "profile.parquet").unlink()
    log = (tmp_path / "one" / "log.jsonl").read_text().count("activations")
    again = transfer(networks, make_samples(), out=tmp_path, **OPTIONS)
    assert again.profile.equals(found.profile)
    assert (tmp_path / "one" / "log.jsonl").read_text().count("activations") == log + 1  # "are there already"


def test_another_level_may_be_recovered():
    samples = make_samples()
    flat = at_one_level(samples, "superclass")
    assert flat.levels == ("superclass",)
    assert flat.labels("superclass").tolist() == samples.labels("superclass").tolist()
    assert len(flat) == len(samples)


def test_few_samples_are_no_obstacle(tmp_path):
    values = np.random.default_rng(0).normal(size=(6, 1, 8, 8)).astype(np.float32)
    samples = from_arrays(values, ["a", "b"] * 3)
    found = transfer({"net": make_network()}, samples, out=tmp_path / "out", **{**OPTIONS, "factors": (1,)})
    assert found.runs["net"].scores("ami")["value"].count() == 1


def test_requests_that_cannot_be_meant(networks, tmp_path):
    unlabelled = from_arrays(np.zeros((6, 1, 8, 8), np.float32))
    with pytest.raises(UsageError, match="has no labels, so clusters have nothing to recover"):
        transfer(networks, unlabelled, out=tmp_path / "a", **OPTIONS)
    with pytest.raises(UsageError, match="No network was given"):
        transfer({}, make_samples(), out=tmp_path / "a", **OPTIONS)
    with pytest.raises(UsageError, match="'a b' and 'a/b' would share the folder"):
        transfer({"a b": networks["one"], "a/b": networks["one"]}, make_samples(), out=tmp_path / "a", **OPTIONS)
    with pytest.raises(UsageError, match=r"No layer matches 'penultimat'\. Did you mean 'penultimate'"):
        transfer(networks, make_samples(), out=tmp_path / "a", layer="penultimat", **OPTIONS)
    assert not (tmp_path / "a").exists()


def test_other_folders_are_refused(found, networks, tmp_path):
    with pytest.raises(RunFolderError, match="is the run folder of one probe"):
        transfer(networks, make_samples(), out=found.root / "one", **OPTIONS)
    with pytest.raises(RunFolderError, match="small has other weights"):
        transfer({"one": make_network(5)}, make_samples(), out=found.root, **OPTIONS)
