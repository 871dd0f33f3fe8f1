from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nucleate.pipeline import Run
from nucleate.studies._evidence import Evidence
from nucleate.studies.declare._jobs import Probed, Published, Trained
from nucleate.studies.declare._recipes import recipe_of
from nucleate.studies.declare._study import Scale, Setting
from nucleate.studies.paper_a import _external_data as a_external_data
from nucleate.studies.paper_a import _objectives as a_objectives
from nucleate.studies.paper_a import _squared_error as a_squared_error
from nucleate.studies.paper_a._external import by_data, by_factor, data_of, draw_external
from nucleate.training import OBJECTIVES
from support.stand_ins import StandIns

STUDIES = {study.id: study for module in (a_external_data, a_objectives, a_squared_error) for study in module.STUDIES}


def setting_of(study: str, scale: Scale) -> Setting:
    (setting,) = STUDIES[study].settings[scale]
    return setting


def networks(setting: Setting, condition: str) -> list[Trained | Published]:
    probes = next(found.probes for found in setting.conditions if found.name == condition)
    return list(dict.fromkeys(probe.network for probe in probes))


def external(setting: Setting) -> set[str]:
    return {probe.data for condition in setting.conditions for probe in condition.probes}


class TestDeclarations:
    def test_figure_3_as_published(self) -> None:
        setting = setting_of("A-fig3", "paper")
        assert external(setting) == {"tf-flowers", "uc-merced", "pets", "cars196"}
        assert networks(setting, "BYOL") == [Published("resnet50", "checkpoints/byol-resnet50.pth")]
        assert networks(setting, "ImageNet") == [Published("timm:resnet50.tv_in1k")]
        for name, data in (("Entity-13", "entity13-4"), ("Living-17", "living17"), ("Nonliving-26", "nonliving26")):
            for level in ("superclass", "subclass"):
                told = networks(setting, f"{name}, {level}es")
                assert told == [Trained("resnet50", data, learns=level, seed=seed) for seed in range(3)]

    def test_figure_6_as_published(self) -> None:
        setting = setting_of("A-fig6", "paper")
        assert [found.name.lower().replace(" ", "_") for found in setting.conditions] == list(OBJECTIVES)
        files = [network.checkpoint for network in networks(setting, "logit penalty")]
        assert files == [f"checkpoints/imagenet-logit_penalty-seed{seed}.pth" for seed in (1, 2, 3)]
        assert not any(isinstance(work, Trained) for work in setting.works)

    @pytest.mark.parametrize(
        ("study", "data", "arrangement", "sets"),
        [
            ("A-fig4", "living17", "natural", {"living17"}),
            ("A-figF2", "entity13-4", "shuffled", {"entity13-4"}),
            ("A-fig5", "living17", "natural", {"uc-merced", "pets"}),
            ("A-figF1", "living17", "natural", {"tf-flowers", "uc-merced", "pets", "cars196"}),
            ("A-figF3", "entity13-4", "shuffled", {"tf-flowers", "uc-merced", "pets", "cars196"}),
        ],
    )
    def test_squared_error_as_published(self, study: str, data: str, arrangement: str, sets: set[str]) -> None:
        setting = setting_of(study, "paper")
        assert external(setting) == sets
        trained = networks(setting, "softmax") + networks(setting, "squared error")
        assert {(one.network, one.data, one.arrangement) for one in trained} == {("resnet50", data, arrangement)}
        assert [one.objective for one in trained] == ["softmax"] * 3 + ["squared_error"] * 3
        assert recipe_of(trained[-1]).lr == 1e-3

    @pytest.mark.parametrize("study", sorted(STUDIES))
    def test_external_data_are_clustered_as_a_whole_before_the_last_layer(self, study: str) -> None:
        for scale in ("small", "paper"):
            for work in setting_of(study, scale).works:
                if isinstance(work, Probed) and work.whole:
                    assert dict(work.options) == {
                        "layers": ("penultimate",), "measures": ("clusters",), "factors": tuple(range(1, 11)),
                    }  # fmt: skip
                    assert not isinstance(work.network, Trained) or work.network.data != work.data

    def test_small_networks_see_other_pictures_larger(self) -> None:
        probes = [work for work in setting_of("A-fig3", "small").works if isinstance(work, Probed)]
        sides = {work.side for work in probes if isinstance(work.network, Trained)}
        assert sides == {32}


class TestConclusions:
    @pytest.mark.parametrize("study", sorted(STUDIES))
    def test_claims_and_pictures_of_untrained_networks(self, study: str, stand_ins: StandIns) -> None:
        evidence = stand_ins.evidence(setting_of(study, "small"))
        for claim in STUDIES[study].claims:
            if "small" in claim.scales:
                assert claim.test(evidence).told
        for picture in STUDIES[study].draw(evidence):
            assert picture.markup
            assert picture.table.height
            assert picture.caption.endswith(".")

    def test_claims_of_the_published_scale(self, stand_ins: StandIns) -> None:
        evidence = stand_ins.evidence(setting_of("A-fig3", "paper"))
        findings = [claim.test(evidence) for claim in STUDIES["A-fig3"].claims]
        assert [len(finding.parts) for finding in findings] == [2, 2, 6, 0]
        assert "Oxford-IIIT Pets, Cars196" in findings[-1].told

    def test_the_verdict_follows_the_order_of_scores(self, stand_ins: StandIns) -> None:
        setting = setting_of("A-figF1", "small")
        evidence = stand_ins.evidence(setting)
        better, worse = _best_and_worst(evidence)
        runs = {
            probe: better if condition.name == "softmax" else worse
            for condition in setting.conditions
            for probe in condition.probes
        }
        found = replace(evidence, runs=runs)
        assert [claim.test(found).verdict for claim in STUDIES["A-figF1"].claims] == ["confirmed", "confirmed"]

    def test_scores_are_means_over_factors_and_seeds(self, stand_ins: StandIns) -> None:
        evidence = stand_ins.evidence(setting_of("A-figF1", "small"))
        assert data_of(evidence) == ("Fashion-MNIST", "moved digits", "groceries")
        rows = by_factor(evidence, "softmax", "groceries", "ami")
        own = [evidence.runs[probe] for probe in evidence.probes("softmax") if probe.data == "grocery-grey"]
        for row, run in zip(rows.values, own, strict=True):
            assert sorted(row) == sorted(run.scores("ami")["value"])
        assert by_data(evidence, "softmax", "ami", ["groceries"]) == pytest.approx([rows.values.mean()])

    def test_purity_is_drawn_beside_its_chance_level(self, stand_ins: StandIns) -> None:
        picture = draw_external(stand_ins.evidence(setting_of("A-fig5", "small")), "purity", "Purity.")
        chance = picture.table.filter(condition="shuffled labels")["value"].to_numpy()
        assert np.all((chance > 0.1) & (chance < 1))


def _best_and_worst(evidence: Evidence) -> tuple[Run, Run]:
    def ami(run: Run) -> float:
        return float(run.scores("ami")["value"].mean())  # type: ignore[arg-type]

    found = sorted(set(evidence.runs.values()), key=ami)
    assert ami(found[0]) < ami(found[-1])
    return found[-1], found[0]
