from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from nucleate.measures import ari
from nucleate.studies.declare._jobs import Trained
from nucleate.studies.declare._study import Scale, Setting
from nucleate.studies.paper_a import _between_seeds as a_between_seeds
from nucleate.studies.paper_a import _clusters_of_seeds as a_clusters_of_seeds
from nucleate.studies.paper_a._pairs_of_seeds import agreement, layer_pairs
from support.stand_ins import LAYERS, StandIns

HIDDEN = LAYERS[:-1]
STUDIES = {study.id: study for module in (a_between_seeds, a_clusters_of_seeds) for study in module.STUDIES}


def setting_of(study: str, scale: Scale) -> Setting:
    (setting,) = STUDIES[study].settings[scale]
    return setting


@pytest.mark.parametrize(
    ("study", "networks", "data", "arrangements"),
    [
        ("A-fig8", {"vgg16"}, "entity13-4", {"natural", "shuffled"}),
        ("A-figH1", {"resnet50"}, "entity13-4", {"natural", "shuffled"}),
        ("A-figH2", {"vgg16"}, "living17", {"natural"}),
        ("A-figH3", {"resnet50"}, "nonliving26", {"natural"}),
        ("A-figH4", {"vgg16", "resnet50"}, "entity13-4", {"natural"}),
        ("A-figH5", {"resnet50"}, "nonliving26", {"natural"}),
    ],
)
def test_as_published(study: str, networks: set[str], data: str, arrangements: set[str]) -> None:
    setting = setting_of(study, "paper")
    trained = [work for work in setting.works if isinstance(work, Trained)]
    assert {one.network for one in trained} == networks
    assert {(one.data, one.learns, one.objective) for one in trained} == {(data, "superclass", "softmax")}
    assert {one.arrangement for one in trained} == arrangements
    assert len(trained) == 3 * len(networks) * len(arrangements)
    for condition in setting.conditions:
        for probe in condition.probes:
            assert (probe.data, probe.arrangement) == (data, probe.network.arrangement)  # type: ignore[union-attr]
            assert dict(probe.options) == {"preset": "clusterability"}


@pytest.mark.parametrize("study", sorted(STUDIES))
def test_claims_and_pictures(study: str, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(a_clusters_of_seeds.SUPERCLASS, "fashion-mnist", "loops")
    evidence = stand_ins.evidence(setting_of(study, "small"))
    for claim in STUDIES[study].claims:
        finding = claim.test(evidence)
        assert finding.told
        assert len(setting_of(study, "small").conditions[0].probes) == 3 or finding.verdict == "undecided"
    for picture in STUDIES[study].draw(evidence):
        assert picture.markup
        assert picture.table.height
        assert picture.caption.endswith(".")


def test_agreement_is_the_adjusted_rand_index_inside_superclasses(stand_ins: StandIns) -> None:
    evidence = stand_ins.evidence(setting_of("A-figH1", "small"))
    found, pairs, runs = agreement(evidence, "natural"), layer_pairs(evidence.of("natural")), evidence.of("natural")
    assert found.layers == HIDDEN
    assert pairs.shape == (3, len(HIDDEN), len(HIDDEN))
    for row, (one, other) in enumerate(combinations(runs, 2)):
        for column, layer in enumerate(HIDDEN):
            for place, other_layer in enumerate(HIDDEN):
                own, theirs = one.clusters(layer), other.clusters(other_layer)
                groups = own["group"].to_numpy()
                values = [
                    ari(own["factor_1"].to_numpy()[groups == group], theirs["factor_1"].to_numpy()[groups == group])
                    for group in np.unique(groups)
                ]
                assert pairs[row, column, place] == pytest.approx(np.mean(values))
            assert found.values[row, column] == pytest.approx(pairs[row, column, column])


def test_pictures_show_every_seed_and_pair(stand_ins: StandIns) -> None:
    (picture,) = STUDIES["A-fig8"].draw(stand_ins.evidence(setting_of("A-fig8", "small")))
    assert picture.table["panel"].unique(maintain_order=True).to_list() == [
        "AMI with the subclasses, natural", "AMI with the subclasses, shuffled",
        "ARI between seeds, natural", "ARI between seeds, shuffled",
    ]  # fmt: skip
    assert set(picture.table["condition"]) == {
        "seed 1", "seed 2", "seed 3", "seeds 1 and 2", "seeds 1 and 3", "seeds 2 and 3",
    }  # fmt: skip


def test_clusters_of_every_seed_stand_below_each_other(stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(a_clusters_of_seeds.SUPERCLASS, "fashion-mnist", "loops")
    (picture,) = STUDIES["A-figH5"].draw(stand_ins.evidence(setting_of("A-figH5", "small")))
    assert picture.table["shown"].unique(maintain_order=True).to_list() == ["Seed 1", "Seed 2"]
    assert set(picture.table["label"]) == {"0", "6", "8", "9"}
    assert picture.table["count"].sum() == 2 * 4 * 12
    assert picture.markup.count("data:image/png") == 2 * 4 * 12
    assert "layer3.2" in picture.caption
