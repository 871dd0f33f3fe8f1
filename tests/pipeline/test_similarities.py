"""What a run says of neighbourhoods and similarity, against the same computed from its files another way."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from scipy.stats import entropy as shannon
from sklearn.metrics.pairwise import cosine_distances, euclidean_distances

from nucleate.data import from_arrays, from_folder
from nucleate.errors import ArrayError, UsageError
from nucleate.measures import cka, gride, scale_profile, two_nn
from nucleate.models import Preprocessing, as_network
from nucleate.pipeline import Run
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.analyses.cka import alignment_task
from nucleate.pipeline.analyses.mutual_knn import cosine_task, mutual_knn_task
from nucleate.pipeline.folder._profile import Place
from nucleate.pipeline.plan._subsampling import subsample
from nucleate.storage import BlockStore
from support.small_run import SHAPE, make_network, make_samples, run_probe

OPTIONS = {
    "measures": ("overlap", "label_overlap", "landscape", "cka", "mutual_knn", "scale_profile"), "more_k": (2, 7),
    "class_fraction": 0.75, "references": ("first",), "subsample": (0.5,), "k": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_probe(tmp_path_factory.mktemp("similar") / "run", **OPTIONS)


def nearest(rows: np.ndarray, k: int, distances=euclidean_distances) -> list[set[int]]:
    apart = distances(rows.astype(np.float64))
    np.fill_diagonal(apart, np.inf)
    return [set(row) for row in np.argsort(apart, axis=1, kind="stable")[:, :k].tolist()]


def shared(a: list[set[int]], b: list[set[int]]) -> float:
    return float(np.mean([len(one & other) / len(one) for one, other in zip(a, b, strict=True)]))


def same_label(neighbors: list[set[int]], labels: np.ndarray) -> np.ndarray:
    return np.array([np.mean(labels[list(row)] == labels[place]) for place, row in enumerate(neighbors)])


def value(run: Run, layer: str, measure: str, parameters: str, level: str | None = None) -> dict[str, object]:
    found = run.scores(measure, parameters=parameters, level=level).filter(pl.col("layer") == layer)
    assert found.height == 1, found
    return found.row(0, named=True)


def test_several_numbers_of_neighbours_come_from_one_search(asked: Run) -> None:
    labels = asked.samples["subclass"].to_numpy()[asked.rows]
    for k in (2, 4, 7):
        own, output = (nearest(asked.activations(layer), k) for layer in ("first", "output"))
        assert value(asked, "first", "overlap", f"k={k} with=output")["value"] == pytest.approx(shared(own, output))
        found = value(asked, "first", "label_overlap", f"k={k}", "subclass")
        assert found["value"] == pytest.approx(same_label(own, labels).mean())
    assert asked.neighbors("first").k == 4
    assert asked.neighbors("first", 9).k == 9  # three quarters of 12 samples
    with pytest.raises(ArrayError, match="10 of 9"):
        asked.neighbors("first", 10)


def test_a_share_of_the_class_is_a_number_of_neighbours(asked: Run) -> None:
    labels = asked.samples["subclass"].to_numpy()[asked.rows]
    assert set(np.unique(labels, return_counts=True)[1]) == {12}
    expected = same_label(nearest(asked.activations("second"), 9), labels).mean()
    found = value(asked, "second", "label_overlap", "fraction=0.75", "subclass")
    assert found["value"] == pytest.approx(expected)


def test_balanced_label_overlap_is_the_mean_over_classes(asked: Run) -> None:
    labels = asked.samples["superclass"].to_numpy()[asked.rows]
    each = same_label(nearest(asked.activations("first"), 4), labels)
    expected = np.mean([each[labels == name].mean() for name in np.unique(labels)])
    found = value(asked, "first", "balanced_label_overlap", "k=4", "superclass")
    assert found["value"] == pytest.approx(expected)
    assert found["low"] is None
    assert asked.scores("balanced_label_overlap", level="subclass").is_empty()  # classes of one size


def test_every_pair_of_layers_and_the_references(asked: Run) -> None:
    graphs = {layer: nearest(asked.activations(layer), 4) for layer in asked.layer_names}
    pairs = asked.layer_overlaps
    assert pairs.height == 6
    for layer, other, found in pairs.select("layer", "other", "overlap").rows():
        assert found == pytest.approx(shared(graphs[layer], graphs[other]))
    for layer in ("input", "second", "output"):
        found = value(asked, layer, "overlap", "k=4 reference=first")
        assert found["value"] == pytest.approx(shared(graphs[layer], graphs["first"]))
    assert asked.scores("overlap", parameters="k=4 reference=first")["layer"].to_list() == ["input", "second", "output"]


def test_fewer_samples_are_searched_anew(asked: Run) -> None:
    labels = asked.samples["subclass"].to_numpy()[asked.rows]
    chosen = subsample(labels, 60, share=0.5, seed=0)
    own, output = (nearest(asked.activations(layer)[chosen], 3) for layer in ("first", "output"))
    found = value(asked, "first", "overlap", "k=3 with=output subsample=0.5")
    assert (found["value"], found["n"]) == (pytest.approx(shared(own, output)), len(chosen))
    found = value(asked, "first", "label_overlap", "k=3 subsample=0.5", "subclass")
    assert found["value"] == pytest.approx(same_label(own, labels[chosen]).mean())


def test_cka_with_the_output_and_the_references(asked: Run) -> None:
    X, Y, Z = (asked.activations(layer) for layer in ("second", "output", "first"))
    for name, other in (("with=output", Y), ("reference=first", Z)):
        assert value(asked, "second", "cka", f"linear {name}")["value"] == cka(X, other)
        assert value(asked, "second", "cka", f"linear debiased {name}")["value"] == cka(X, other, debiased=True)
        found = value(asked, "second", "cka", f"gaussian bandwidth=0.5 {name}")
        assert found["value"] == cka(X, other, kernel="gaussian", bandwidth=0.5)
        assert 0 < found["chance"] < 1  # type: ignore[operator]
    assert asked.scores("cka").filter(pl.col("layer") == "output")["parameters"].str.contains("with=output").sum() == 0


def test_cka_takes_no_more_samples_than_asked(tmp_path: Path) -> None:
    run = run_probe(tmp_path / "run", layers="first,output", measures=("cka",), cka_samples=30)
    labels = run.samples["subclass"].to_numpy()[run.rows]
    chosen = subsample(labels, 60, share=0.5, seed=0)
    X, Y = (run.activations(layer)[chosen] for layer in ("first", "output"))
    found = value(run, "first", "cka", "linear with=output")
    assert (found["value"], found["n"]) == (cka(X, Y), len(chosen))


def test_mutual_neighbours_by_cosine(asked: Run) -> None:
    own, output = (nearest(asked.activations(layer), 10, cosine_distances) for layer in ("second", "output"))
    found = value(asked, "second", "mutual_knn", "k=10 cosine with=output")
    assert found["value"] == pytest.approx(shared(own, output))
    assert found["chance"] == pytest.approx(10 / 59)


def test_dimension_by_every_estimator(asked: Run) -> None:
    graph = asked.neighbors("first")
    expected = {
        "two-nn fraction=0.9": two_nn(graph),
        "two-nn fraction=0.95": two_nn(graph, fraction=0.95),
        "two-nn likelihood": two_nn(graph, method="likelihood"),
        "gride rank=2": gride(graph, rank=2),
        "two-nn likelihood part=1": scale_profile(asked.activations("first"), halvings=0)[0],
    }
    for parameters, estimate in expected.items():
        assert value(asked, "first", "intrinsic_dimension", parameters)["value"] == estimate.value
    assert asked.scores("intrinsic_dimension", parameters="gride rank=4").is_empty()  # needs 8 neighbours


def layer_of(folder: Path, rows: np.ndarray, name: str) -> Layered:
    store = BlockStore(folder / name, "name", len(rows), len(rows))
    store.commit(0, {name: rows.astype(np.float32)}, facts={})
    return Layered(store, Place(name, 0.5, "all", "mean"), np.arange(len(rows)), {})


def test_layers_that_cannot_be_compared_say_why(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(20, 3))
    own, constant = layer_of(tmp_path, rows, "own"), layer_of(tmp_path, np.ones((20, 3)), "constant")
    task = alignment_task(constant, tmp_path / "cka.json", others={"with=output": own})
    task.perform()
    scores = pl.read_parquet(tmp_path / "cka.scores.parquet")
    assert scores.height == 6
    assert scores["value"].null_count() == 6
    assert set(scores["reason"]) == {"all rows of X are equal"}
    rows[7] = 0
    tasks = {name: cosine_task(layer_of(tmp_path, rows, name), tmp_path / f"{name}.json") for name in ("a", "b")}
    tasks |= {"c": cosine_task(own, tmp_path / "c.json")}
    for each in tasks.values():
        each.perform()
    mutual_knn_task(own, tmp_path / "m.json", own=tasks["c"], others={"with=output": tasks["a"]}).perform()
    row = pl.read_parquet(tmp_path / "m.scores.parquet").row(0, named=True)
    assert row["value"] is None
    assert "row 7" in row["reason"]


def pictures(folder: Path) -> Path:
    generator = np.random.default_rng(0)
    for row in range(24):
        levels = 2 + row % 5
        image = generator.integers(0, levels, (10, 12, 3)).astype(np.uint8) * 20
        (folder / "abcd"[row % 4]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "abcd"[row % 4] / f"{row:02d}.png")
    return folder


def test_entropy_is_that_of_the_images_the_network_sees(tmp_path: Path) -> None:
    preprocessing = Preprocessing(SHAPE[1:], 1, (0.5,), (0.5,))
    samples = from_folder(pictures(tmp_path / "photos"))
    network = as_network(make_network(), preprocessing=preprocessing)
    options = {"network": network, "samples": samples, "layers": "first,output", "k": 3}
    run = run_probe(tmp_path / "run", measures=("entropy", "landscape"), **options)
    seen = [preprocessing.pixels(samples.source.read(row)).ravel() for row in range(24)]  # type: ignore[arg-type]
    expected = [shannon(np.bincount(pixels), base=2) for pixels in seen]
    assert run.entropies["row"].to_list() == run.rows.tolist()
    assert run.entropies["entropy"].to_numpy() == pytest.approx(np.array(expected)[run.rows])
    graph, known = run.neighbors("first"), run.entropies["entropy"].to_numpy()
    around = value(run, "first", "neighborhood_entropy", "k=3")
    assert around["value"] == pytest.approx(known[graph.indices].mean())
    assert around["chance"] == pytest.approx(known.mean())
    top = [run.rows.tolist().index(row) for row in run.hubs("first", top=10)["row"]]
    hubs = value(run, "first", "hub_entropy", "k=3 top=10")
    assert hubs["value"] == pytest.approx(known[top].mean())
    assert hubs["chance"] == pytest.approx(np.delete(known, top).mean())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"references": ("frist",)}, r"No probed layer matches the reference 'frist'\. Did you mean 'first'\?"),
        ({"references": ("head",), "layers": "first,output"}, "reference 'head'"),
        ({"more_k": (60,)}, "k = 60 neighbours were asked for"),
        ({"more_k": (0,)}, "more_k=.*: a neighbourhood holds at least 1"),
        ({"subsample": (1.5,)}, "subsample=.*: a share of the samples lies between 0 and 1"),
        ({"class_fraction": 1.2}, "class_fraction=1.2"),
        ({"measures": ("overlaps",)}, r"'overlaps' is no choice\. Did you mean 'overlap'"),
        ({"measures": ("entropy",)}, "samples of bumps are none"),
        ({"measures": ("cka",), "layers": "first"}, "Add output to --layers"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, options: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        run_probe(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_shares_of_classes_need_classes(tmp_path: Path) -> None:
    values = np.stack([make_samples().source.read(row) for row in range(30)])
    with pytest.raises(UsageError, match="has no labels"):
        run_probe(tmp_path / "run", samples=from_arrays(values), class_fraction=0.5)
    run = run_probe(tmp_path / "run", samples=from_arrays(values), measures=("overlap",), subsample=(0.5,))
    assert run.scores("overlap", parameters="k=3 with=output subsample=0.5")["n"].unique().to_list() == [15]
