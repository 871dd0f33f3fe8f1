"""The numbers of a run, against the same numbers found with other tools."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from sklearn.neighbors import NearestNeighbors
from torch import nn

from nucleate.data import from_arrays, from_folder
from nucleate.errors import DataError, HierarchyError, RunError, UsageError
from nucleate.models import Preprocessing, as_network
from nucleate.pipeline import PROFILE_SCHEMA, Run
from support.small_run import OPTIONS, SHAPE, contents, make_network, make_samples, run_probe


def reference_activations() -> dict[str, np.ndarray]:
    """What the network says, layer by layer, without hooks."""
    network, samples = make_network().module.eval(), make_samples()
    inputs = np.stack([samples.source.read(int(row)) for row in samples.rows("validation")])
    with torch.no_grad():
        x = torch.from_numpy(inputs)
        first = network.first(x)
        second = network.second(first.relu())
        output = network.head(second.relu().mean((2, 3)))
    return {
        "input": inputs.reshape(len(inputs), -1),
        "first": first.mean((2, 3)).numpy(),
        "second": second.mean((2, 3)).numpy(),
        "output": output.numpy(),
    }


def value(run: Run, layer: str, measure: str, **columns: object) -> float:
    found = run.profile.filter(pl.col("layer") == layer, pl.col("measure") == measure)
    for name, wanted in {"group": None, **columns}.items():
        found = found.filter(pl.col(name).eq_missing(pl.lit(wanted)))
    assert found.height == 1, found
    return found["value"][0]


@pytest.mark.parametrize("layer", ["input", "first", "second", "output"])
def test_activations_are_what_the_network_says(finished: Run, layer: str) -> None:
    assert finished.layer_names == ["input", "first", "second", "output"]
    np.testing.assert_allclose(finished.activations(layer), reference_activations()[layer], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", ["input", "first", "output"])
@pytest.mark.parametrize("factor", [1, 3])
def test_cluster_scores_equal_those_of_scipy_and_scikit_learn(finished: Run, layer: str, factor: int) -> None:
    X = finished.activations(layer).astype(np.float64)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    samples = finished.samples.filter(pl.col("split") == "validation")
    scores = {"ami": [], "ari": [], "purity": []}
    for group in ("a", "b"):
        inside = (samples["superclass"] == group).to_numpy()
        labels = samples["subclass"].to_numpy()[inside]
        clusters = fcluster(linkage(X[inside], "ward"), factor * len(set(labels)), "maxclust")
        scores["ami"].append(adjusted_mutual_info_score(labels, clusters))
        scores["ari"].append(adjusted_rand_score(labels, clusters))
        majorities = [max(np.unique(labels[clusters == c], return_counts=True)[1]) for c in set(clusters)]
        scores["purity"].append(sum(majorities) / len(labels))
        for measure, values in scores.items():
            here = value(finished, layer, measure, group=group, parameters=f"factor={factor}")
            assert here == pytest.approx(values[-1], abs=1e-9)
    for measure, values in scores.items():
        mean = value(finished, layer, measure, parameters=f"factor={factor}")
        assert mean == pytest.approx(np.mean(values), abs=1e-9)


def neighbors_of(X: np.ndarray, k: int = 4) -> np.ndarray:
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X.astype(np.float64)).kneighbors()[1]


def test_overlaps_equal_those_of_brute_force(finished: Run) -> None:
    found = {layer: neighbors_of(finished.activations(layer)) for layer in finished.layer_names}
    samples = finished.samples.filter(pl.col("split") == "validation")
    for layer, neighbors in found.items():
        for level in ("superclass", "subclass"):
            labels = samples[level].to_numpy()
            expected = (labels[neighbors] == labels[:, None]).mean()
            assert value(finished, layer, "label_overlap", level=level) == pytest.approx(expected)
            per_sample = finished.overlaps(layer)[f"label_overlap_{level}"].to_numpy()
            np.testing.assert_allclose(per_sample, (labels[neighbors] == labels[:, None]).mean(1))
    for layer, other, role in [
        ("input", "output", "output"),
        ("second", "input", "input"),
        ("first", "second", "next"),
    ]:
        shared = [len(set(a) & set(b)) / 4 for a, b in zip(found[layer], found[other], strict=True)]
        measured = value(finished, layer, "overlap", parameters=f"k=4 with={role}")
        assert measured == pytest.approx(np.mean(shared))


def test_the_profile_is_complete_and_explains_itself(finished: Run) -> None:
    profile = finished.profile
    assert dict(profile.schema) == PROFILE_SCHEMA
    assert profile["layer"].unique(maintain_order=True).to_list() == finished.layer_names
    assert profile.filter(pl.col("value").is_null() & pl.col("reason").is_null()).is_empty()
    assert profile["value"].drop_nulls().is_finite().all()
    assert (profile["depth"].is_between(0, 1)).all()
    bounded = profile.filter(pl.col("low").is_not_null())
    assert (bounded["low"] <= bounded["value"] + 1e-12).all()
    assert (bounded["value"] <= bounded["high"] + 1e-12).all()
    chances = profile.filter(pl.col("measure") == "label_overlap", pl.col("group").is_null())
    n, counts = 60, {"superclass": (24, 36), "subclass": (12,) * 5}
    for level, sizes in counts.items():
        chance = sum(size * (size - 1) for size in sizes) / (n * (n - 1))
        assert chances.filter(pl.col("level") == level)["chance"].to_numpy() == pytest.approx(chance)


def test_the_best_layer_has_the_highest_ami(finished: Run) -> None:
    scores = {layer: value(finished, layer, "ami", parameters="factor=1") for layer in finished.layer_names[1:]}
    assert finished.best_layer() == max(scores, key=scores.__getitem__)


def test_trees_and_clusters_belong_together(finished: Run) -> None:
    clusters = finished.clusters("first")
    for group, kinds in (("a", 2), ("b", 3)):
        inside = clusters.filter(pl.col("group") == group)
        tree = finished.tree("first", group)
        for factor in OPTIONS["factors"]:
            np.testing.assert_array_equal(inside[f"factor_{factor}"].to_numpy(), tree.cut(factor * kinds))


def test_workers_do_not_change_a_bit(finished: Run, tmp_path: Path) -> None:
    assert contents(run_probe(tmp_path / "run", workers=2).root) == contents(finished.root)


def test_rows_the_network_never_reads_do_not_change_a_bit(tmp_path: Path) -> None:
    """Batches are padded, so a row's bits do not depend on how many rows follow."""
    whole = run_probe(tmp_path / "whole", split="train")
    samples = make_samples()
    assert whole.about["request"]["split"] == "train"
    assert whole.samples["status"].to_list()[:30] == ["ok"] * 30
    assert len(whole.rows) == 30
    assert len(samples) == 90


def test_unlabelled_samples_get_what_needs_no_labels(tmp_path: Path) -> None:
    values = np.stack([make_samples().source.read(row) for row in range(30)])
    run = run_probe(tmp_path / "run", samples=from_arrays(values))
    assert set(run.profile["measure"]) == {"overlap", "intrinsic_dimension", "hubness", "peaks"}
    assert run.best_layer() is None
    assert run.levels == ()


def test_one_level_is_clustered_as_a_whole(tmp_path: Path) -> None:
    samples = make_samples()
    values = np.stack([samples.source.read(row) for row in range(40)])
    run = run_probe(tmp_path / "run", samples=from_arrays(values, samples.labels("subclass")[:40].tolist()))
    assert run.clusters("first")["group"].unique().to_list() == ["all samples"]
    X = run.activations("first").astype(np.float64)
    clusters = fcluster(linkage(X / np.linalg.norm(X, axis=1, keepdims=True), "ward"), 5, "maxclust")
    expected = adjusted_mutual_info_score(samples.labels("subclass")[:40], clusters)
    assert value(run, "first", "ami", parameters="factor=1") == pytest.approx(expected, abs=1e-9)


def test_superclasses_of_one_subclass_are_left_out_and_named(tmp_path: Path) -> None:
    values = np.stack([make_samples().source.read(row) for row in range(36)])
    labels = {"superclass": ["a"] * 24 + ["lonely"] * 12, "subclass": ["p", "q"] * 12 + ["r"] * 12}
    run = run_probe(tmp_path / "run", samples=from_arrays(values, labels), factors=(1, 10))
    row = run.scores("ami", parameters="factor=1").row(0, named=True)
    assert row["n"] == 1
    assert "lonely (only one subclass" in row["reason"]
    alone = run.scores("ami", group="lonely", parameters="factor=1").row(0, named=True)
    assert alone["value"] is None
    # 10 * 2 clusters fit 24 samples of a; and the single subclass is still clustered for the gallery.
    assert run.scores("ami", parameters="factor=10")["value"][0] is not None


def test_more_clusters_than_samples_is_said(tmp_path: Path) -> None:
    run = run_probe(tmp_path / "run", factors=(1, 13), layers="first")
    row = run.scores("purity", group="a", parameters="factor=13").row(0, named=True)
    assert (row["value"], row["reason"]) == (None, "26 clusters of 24 samples")
    assert run.scores("purity", parameters="factor=13")["value"][0] is None
    assert (run.clusters("first").filter(pl.col("group") == "a")["factor_13"] == -1).all()


def test_unreadable_images_keep_their_rows(tmp_path: Path) -> None:
    from PIL import Image

    generator = np.random.default_rng(0)
    for leaf, parent in (("p", "a"), ("q", "a"), ("r", "b"), ("s", "b")):
        for place in range(5):
            path = tmp_path / "photos" / parent / leaf / f"{place}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(generator.integers(0, 255, (8, 8), np.uint8)).save(path)
    (tmp_path / "photos/a/q/3.png").write_bytes(b"<html>")
    network = as_network(make_network(), preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,)))
    run = run_probe(tmp_path / "run", network=network, samples=from_folder(tmp_path / "photos"), k=3)
    assert run.failed.select("row", "path", "reason").rows() == [
        (8, "a/q/3.png", "not an image in a known format: it is a web page")
    ]
    assert run.rows.tolist() == [row for row in range(20) if row != 8]
    assert np.isnan(run.activations("first", np.array([8]))).all()
    assert run.neighbors("first").n == 19
    assert set(run.thumbnails([7, 8, 9])) == {7, 9}
    (tmp_path / "photos/a/q/3.png").unlink()
    for path in (tmp_path / "photos").rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="None of the 19 samples"):
        run_probe(tmp_path / "other", network=network, samples=from_folder(tmp_path / "photos"))


def test_nan_in_a_layer_is_named(tmp_path: Path) -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(1, 2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.first(x).mean((2, 3)) / (x.amax((1, 2, 3)) < 2.5)[:, None]

    with pytest.raises(RunError, match=r"Layer output answers sample \d+ \(row \d+\) with NaN or infinity"):
        run_probe(tmp_path / "run", network=as_network(Broken(), input_shape=SHAPE))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"k": 60}, UsageError, "k = 60 neighbours were asked for, the split 'validation' has 60 samples"),
        ({"k": 0}, UsageError, "k=0"),
        ({"layers": "frist"}, UsageError, "No layer matches 'frist'. Did you mean '?first"),
        ({"pool": "median"}, UsageError, "pool='median'"),
        ({"pool": "cls"}, ValueError, "has no tokens"),
        ({"recover": "subclas"}, HierarchyError, "Did you mean 'subclass'"),
        ({"within": "subclass"}, UsageError, "does not lie above"),
        ({"split": "test"}, DataError, "No split 'test'"),
        ({"factors": (0,)}, UsageError, "factor is at least 1"),
        ({"measure": "x"}, UsageError, "no option 'measure'"),
        ({"measures": ("cluster",)}, UsageError, "cluster"),
        ({"device": "abacus"}, UsageError, "cannot use the device 'abacus'"),
        ({"memory": 1e-6}, UsageError, "of memory beside the network"),
        ({"disk": 1e-6}, UsageError, "The run folder would take"),
    ],
)
def test_requests_that_cannot_be_meant_leave_no_folder(
    tmp_path: Path, options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run_probe(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_other_algorithms_and_normalisations_are_scored_beside_ward(tmp_path: Path) -> None:
    run = run_probe(tmp_path / "run", layers="first", algorithms=("average", "kmeans"), normalization="centred")
    X = run.activations("first").astype(np.float64)
    samples = run.samples[run.rows.tolist()]
    scores = []
    for group in ("a", "b"):
        inside = (samples["superclass"] == group).to_numpy()
        labels = samples["subclass"].to_numpy()[inside]
        clusters = fcluster(linkage(X[inside], "average"), len(set(labels)), "maxclust")
        scores.append(adjusted_mutual_info_score(labels, clusters))
    found = value(run, "first", "ami", parameters="factor=1 algorithm=average")
    assert found == pytest.approx(np.mean(scores), abs=1e-9)
    assert value(run, "first", "ami", parameters="factor=1 algorithm=kmeans") > 0
    assert value(run, "first", "ami", parameters="factor=1") > 0
    assert run.profile.filter(pl.col("measure") == "ami")["normalization"].unique().to_list() == ["centred"]
    assert {"factor_2", "average_factor_2", "kmeans_factor_2"} <= set(run.clusters("first").columns)


@pytest.mark.parametrize(
    ("options", "stops"),
    [({}, False), ({"on_bad": "stop"}, True), ({"max_bad": 1}, True), ({"max_bad": 2}, False)],
)
def test_the_caller_says_how_many_unreadable_samples_are_too_many(
    tmp_path: Path, options: dict[str, object], stops: bool
) -> None:
    from PIL import Image

    for place in range(12):
        path = tmp_path / "photos" / "ab"[place % 2] / f"{place:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 20 * place, np.uint8)).save(path)
    for name in ("a/02.png", "b/11.png"):
        (tmp_path / "photos" / name).write_bytes(b"")
    network = as_network(make_network(), preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,)))
    request = {"network": network, "samples": from_folder(tmp_path / "photos"), "k": 2, "factors": (1,), **options}
    if stops:
        with pytest.raises(RunError, match=r"\d samples? cannot be read by now, among them .*: the file is empty"):
            run_probe(tmp_path / "run", **request)
    else:
        assert run_probe(tmp_path / "run", **request).failed["path"].to_list() == ["a/02.png", "b/11.png"]
