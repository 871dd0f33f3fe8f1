from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nucleate.labels import Hierarchy
from nucleate.models import Preprocessing, as_network, load
from nucleate.pipeline import Reporter, Run, probe
from nucleate.pipeline.request._settings import settings
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.declare._jobs import Probed, Trained
from nucleate.studies.declare._networks import SMALL_SEEDS
from nucleate.studies.declare._probes import BEFORE_LAST_RAW, CLUSTERS, LINEAR_PROBE
from nucleate.studies.declare._recipes import recipe_of
from nucleate.studies.declare._study import Scale, Setting
from nucleate.studies.execute._workspace import SHUFFLE_SEED
from nucleate.studies.paper_a import _architectures as a_architectures
from nucleate.studies.paper_a import _galleries as a_galleries
from nucleate.studies.paper_a import _over_training as a_over_training
from nucleate.studies.paper_a import _shuffled_superclasses as a_shuffled_superclasses
from nucleate.studies.paper_a import _tables as a_tables
from nucleate.studies.paper_a import _within_a_network as a_within_a_network
from nucleate.studies.paper_a._cluster_scores import ami, hidden, purity_by_chance
from nucleate.studies.paper_a._shuffled_superclasses import named
from nucleate.training import TrainingRun
from support.stand_ins import few_digits

MODULES = (a_architectures, a_galleries, a_over_training, a_shuffled_superclasses, a_tables, a_within_a_network)
STUDIES = {study.id: study for module in MODULES for study in module.STUDIES}
PROBES = {"CLUSTERS": CLUSTERS["small"], "LINEAR_PROBE": LINEAR_PROBE["small"], "BEFORE_LAST_RAW": BEFORE_LAST_RAW}


def trained(study: str, scale: Scale) -> list[Trained]:
    return [work for setting in STUDIES[study].settings[scale] for work in setting.works if isinstance(work, Trained)]


def probed(study: str, scale: Scale) -> list[Probed]:
    return [work for setting in STUDIES[study].settings[scale] for work in setting.works if isinstance(work, Probed)]


class TestDeclarations:
    @pytest.mark.parametrize(
        ("study", "networks", "data", "arrangements"),
        [
            ("A-fig1", {"resnet50"}, {"entity13-4"}, {"shuffled"}),
            ("A-figD9", {"resnet50"}, {"entity13-4"}, {"natural"}),
            ("A-figC1", {"resnet50"}, {"entity13-4", "living17", "nonliving26"}, {"natural"}),
            ("A-figD1", {"resnet50"}, {"nonliving26"}, {"natural"}),
            ("A-figD10", {"vgg16"}, {"entity13-4", "living17", "nonliving26"}, {"natural", "shuffled"}),
            ("A-fig2", {"vgg16", "resnet50"}, {"entity13-4"}, {"natural", "shuffled"}),
            ("A-figE1", {"vgg16", "resnet50"}, {"living17"}, {"natural", "shuffled"}),
            (
                "A-fig7", {"resnet50", "vgg16", "vgg16-bn", "vgg16-ln", "vit-b-32"}, {"entity13-4"},
                {"natural", "shuffled"},
            ),
            ("A-figG1", {"vgg16", "resnet50"}, {"nonliving26"}, {"natural"}),
            ("A-tabB1", {"vgg16"}, {"entity13-4", "living17", "nonliving26"}, {"natural"}),
        ],
    )  # fmt: skip
    def test_as_published(self, study: str, networks: set[str], data: set[str], arrangements: set[str]) -> None:
        found = trained(study, "paper")
        assert {one.network for one in found} == networks
        assert {one.data for one in found} == data
        assert {one.arrangement for one in found} == arrangements
        assert {(one.learns, one.objective) for one in found} == {("superclass", "softmax")}
        seeds = {(one.network, one.data, one.arrangement): set() for one in found}
        for one in found:
            seeds[one.network, one.data, one.arrangement].add(one.seed)
        assert set(map(frozenset, seeds.values())) == (
            {frozenset({0})} if study == "A-figD1" else {frozenset({0, 1, 2})}
        )
        for one in probed(study, "paper"):
            assert isinstance(one.network, Trained)
            assert (one.data, one.arrangement) == (one.network.data, one.network.arrangement)

    def test_the_shuffle_is_the_published_one(self) -> None:
        dealt = Hierarchy.breeds("entity13-4").shuffled(SHUFFLE_SEED)
        assert [path[1] for path in dealt.paths[:4]] == ["n03874599", "n04515003", "n04550184", "n04311174"]

    @pytest.mark.parametrize("study", ["A-fig1", "A-fig2", "A-fig7", "A-figC1", "A-figD10", "A-figE1", "A-figG1"])
    def test_clusters_are_of_flattened_rows_of_unit_norm(self, study: str) -> None:
        for one in probed(study, "paper"):
            asked = settings(**dict(one.options))
            if asked.measures == ("linear_probe",):
                continue
            assert (asked.pool, asked.normalization, asked.algorithms) == ("none", "unit", ("ward",))
            assert asked.factors == tuple(range(1, 11))
            assert isinstance(one.network, Trained)
            assert asked.layers == (("residual",) if one.network.network == "vit-b-32" else ("blocks",))

    def test_accuracies_are_those_of_the_papers_table(self) -> None:
        found = {(one.network, one.data, one.arrangement) for one in trained("A-tabG1", "paper")}
        assert len(found) == 2 * 4 + 3 * 2
        assert {name for name, data, _ in found if data != "entity13-4"} == {"resnet50", "vgg16"}
        assert len(trained("A-tabG1", "small")) == sum(SMALL_SEEDS.values())

    def test_training_is_looked_at_after_a_quarter(self) -> None:
        for scale in ("small", "paper"):
            for found in {one.network for one in probed("A-figD10", scale)}:
                assert isinstance(found, Trained)
                last = recipe_of(found).epochs
                epochs = [one.epoch for one in probed("A-figD10", scale) if one.network == found]
                assert epochs[0] == 0
                assert epochs[-1] is None
                assert last / 4 in epochs or found.data == "fashion-mnist"
                assert set(epochs[:-1]) < set(recipe_of(found).checkpoint_epochs())

    def test_embeddings_are_clustered_as_they_are(self) -> None:
        for one in probed("A-tabB1", "paper"):
            asked = settings(**dict(one.options))
            assert (asked.layers, asked.normalization) == (("penultimate",), "none")
            assert set(asked.algorithms) == {"ward", "average", "complete", "single", "kmeans"}

    @pytest.mark.parametrize("study", STUDIES)
    def test_every_scale_tells_how_it_differs(self, study: str) -> None:
        assert set(STUDIES[study].ours) == set(STUDIES[study].settings) == {"small", "paper"}


class TestPublishedRecipes:
    @pytest.mark.parametrize(
        ("network", "optimizer", "rate", "decay"),
        [
            ("resnet50", "sgd", 0.1, 1e-4), ("vgg16", "sgd", 0.01, 1e-4), ("vgg16-bn", "sgd", 0.01, 1e-4),
            ("vgg16-ln", "sgd", 0.01, 1e-4), ("vit-b-32", "adamw", 1e-3, 0.1),
        ],
    )  # fmt: skip
    def test_as_published(self, network: str, optimizer: str, rate: float, decay: float) -> None:
        found = recipe_of(Trained(network, "entity13-4", seed=2))
        assert (found.optimizer, found.peak_lr, found.weight_decay, found.momentum) == (optimizer, rate, decay, 0.9)
        assert (found.batch_size, found.epochs, found.warm_up, found.schedule) == (256, 400, 5, "cosine")
        assert (found.ema, found.batch_norm_decay, found.crop, found.flip) == (0.99, 0.99, (0.05, 1), True)
        assert found.checkpoint_epochs() == list(range(0, 401, 5))
        assert (found.seed_init, found.seed_order, found.seed_augmentation) == (2, 2, 2)

    def test_squared_error_is_slower(self) -> None:
        assert recipe_of(Trained("resnet50", "living17", objective="squared_error")).peak_lr == 1e-3

    def test_small_vggs_are_trained_alike(self) -> None:
        names = ("vgg-small-plain", "vgg-small", "vgg-small-ln")
        assert len({str(recipe_of(Trained(name, "digits"))) for name in names}) == 1


class TestHidden:
    def test_the_output_is_left_out(self) -> None:
        found = hidden(LayerProfile("ResNet", ("layer1.0", "output"), np.array([0.4, 1]), np.array([[0.1, 0.2]])))
        assert (found.layers, found.depths.tolist(), found.values.tolist()) == (("layer1.0",), [0.4], [[0.1]])

    def test_vggs_are_compared_layer_by_layer(self, stand_ins: Evidences) -> None:
        setting = next(iter(STUDIES["A-fig7"].settings["small"]))
        evidence = stand_ins(setting)
        plain, normed = (ami(evidence, named(name, "natural")) for name in ("VGG", "VGG, layer norm"))
        assert plain.layers == normed.layers == (*(f"conv {place}" for place in range(1, 7)), "dense 1", "dense 2")
        assert plain.depths.tolist() == [place / 9 for place in range(1, 9)]

    def test_chance_is_that_of_shuffled_labels(self, stand_ins: Evidences) -> None:
        evidence = stand_ins(STUDIES["A-figC1"].settings["small"][0])
        run = evidence.of("clusters")[0]
        told = run.scores("purity", parameters="factor=1").filter(pl.col("layer") == "layer2.0")["chance"][0]
        chance = purity_by_chance(evidence, "clusters")
        assert chance.values[0, chance.layers.index("layer2.0")] == told
        assert 0.2 < told < 0.6


class Evidences:
    """Evidence of any setting: untrained networks with a few digits in the place of every probe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs: dict[tuple[str, str], Iterator[Run]] = {}

    def __call__(self, setting: Setting) -> Evidence:
        probes = [work for work in setting.works if isinstance(work, Probed)]
        return Evidence(setting, {work: next(self._turns(work)) for work in probes}, {})

    def _turns(self, work: Probed) -> Iterator[Run]:
        network = work.network.network if isinstance(work.network, Trained) else "resnet-small"
        kind = next((name for name, known in PROBES.items() if work.options == known), "CLUSTERS")
        if (network, kind) not in self.runs:
            asked = dict(work.options if work.options in PROBES.values() or "vit" in network else CLUSTERS["small"])
            self.runs[network, kind] = cycle([self._probe(network, kind, asked, seed) for seed in range(2)])
        return self.runs[network, kind]

    def _probe(self, name: str, kind: str, asked: dict[str, object], seed: int) -> Run:
        network = load(name, pretrained=False, num_classes=3, seed=seed)
        seen = as_network(network, preprocessing=Preprocessing((8, 8), 1, mean=(0.5,), std=(0.5,)))
        out = self.root / f"{name}-{kind}-{seed}"
        return probe(seen, few_digits(), out=out, reporter=Reporter(stream=None), workers=0, **asked)


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Evidences:
    return Evidences(tmp_path_factory.mktemp("clusterability"))


SMALL = [(study, place) for study in STUDIES.values() for place in range(len(study.settings["small"]))]


class TestConclusions:
    @pytest.mark.parametrize(("study", "place"), [(study.id, place) for study, place in SMALL if study.id != "A-tabG1"])
    def test_claims_and_pictures(
        self, study: str, place: int, stand_ins: Evidences, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layers = ("layer1.0", "layer2.0", "layer3.0", "layer3.2")
        for data in ("fashion-mnist", "grocery"):
            monkeypatch.setitem(a_galleries.SHOWN, data, (layers, ("loops", "curves")))
        evidence = stand_ins(STUDIES[study].settings["small"][place])
        for claim in STUDIES[study].claims:
            assert claim.test(evidence).told
        pictures = STUDIES[study].draw(evidence)
        assert pictures
        for picture in pictures:
            assert picture.table.height
            assert picture.caption.endswith(".")

    def test_every_checkpoint_is_a_place_on_the_axis(self, stand_ins: Evidences) -> None:
        found = a_over_training.courses(stand_ins(STUDIES["A-figD10"].settings["small"][0]))
        assert list(found) == ["digits", "fashion-mnist", "digits, shuffled"]
        course = found["digits, shuffled"]
        assert course.epochs == (0, 5, 10, 15, 20, 25, 30, 35, 40)
        assert course.scores.shape == (3, 9, 8)

    def test_verdicts_follow_the_scores(self, stand_ins: Evidences) -> None:
        """The same run for natural and shuffled superclasses: no gap, and its maximum is no higher than itself."""
        setting = STUDIES["A-fig2"].settings["small"][0]
        evidence = stand_ins(setting)
        first = {name: evidence.of(name)[0] for name in evidence.conditions}
        same = {
            probe: first[name.replace("shuffled", "natural")]
            for name in evidence.conditions
            for probe in evidence.probes(name)
        }
        for claim in STUDIES["A-fig2"].claims[:4]:
            assert claim.test(replace(evidence, runs=same)).verdict == "refuted"

    def test_data_sets_are_told_without_the_data(self) -> None:
        (setting,) = STUDIES["A-tabA1"].settings["paper"]
        (picture,) = STUDIES["A-tabA1"].draw(Evidence(setting, {}, {}))
        rows = {row["data set"]: row for row in picture.table.to_dicts()}
        assert [(row["superclasses"], row["subclasses each"]) for row in rows.values()] == [
            (17, "4"), (26, "4"), (13, "4"),
        ]  # fmt: skip
        assert rows["living17"]["names of superclasses"].startswith("salamander, turtle, lizard, snake, spider")
        assert rows["nonliving26"]["learned"] == 1300 * 26 * 4

    def test_accuracies_are_read_from_the_last_epoch(self) -> None:
        (setting,) = STUDIES["A-tabG1"].settings["small"]
        runs = {work: CurvesOf(0.5 + work.seed / 10) for work in setting.trainings}
        (picture,) = STUDIES["A-tabG1"].draw(Evidence(setting, {}, runs))  # type: ignore[arg-type]
        values = {(row["row"], row["column"]): row["value"] for row in picture.table.to_dicts()}
        assert values["ResNet", "digits, shuffled"] == pytest.approx(0.6)
        assert values["ViT", "digits"] == 0.5
        assert values["ViT", "fashion-mnist"] is None


class CurvesOf(TrainingRun):
    """A training run that ended at an accuracy."""

    level = "superclass"

    def __init__(self, accuracy: float) -> None:
        self.__dict__["curves"] = pl.DataFrame(
            [
                (1, "test", "superclass", None, 0.1), (2, "train", "superclass", None, 1.0),
                (2, "test", "superclass", None, accuracy), (2, "test", "superclass", "6", 0.0),
                (2, "test", "subclass", None, 0.2), (2, "batches", "superclass", None, 0.9),
            ],
            schema=["epoch", "split", "level", "group", "accuracy"], orient="row",
        )  # fmt: skip

    @property
    def curves(self) -> pl.DataFrame:
        return self.__dict__["curves"]
