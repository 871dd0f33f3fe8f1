from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nucleate.data import digits
from nucleate.errors import DataError
from nucleate.models import Preprocessing, as_network, load
from nucleate.pipeline import Reporter, Run, probe
from nucleate.pipeline.request._settings import settings as check
from nucleate.studies._evidence import Evidence
from nucleate.studies.declare._data_sets import DATA_SETS
from nucleate.studies.declare._draws import draw_training
from nucleate.studies.declare._jobs import Probed, Published, Trained
from nucleate.studies.declare._nucleation_classes import nucleation_classes
from nucleate.studies.declare._recipes import recipe_of
from nucleate.studies.declare._study import Setting, Study
from nucleate.studies.paper_b import _break_up as b_break_up
from nucleate.studies.paper_b import _comparisons as b_comparisons
from nucleate.studies.paper_b import _density_peaks as b_density_peaks
from nucleate.studies.paper_b import _input_structure as b_input_structure
from nucleate.studies.paper_b import _neighborhoods as b_neighborhoods
from nucleate.studies.paper_b import _robustness as b_robustness
from nucleate.studies.paper_b._networks import PAPER, RESNET152, SMALL
from nucleate.studies.paper_b._profiles import (
    brightness,
    dimension_by_class,
    entropy_by_class,
    label_overlap_by_class,
    label_overlap_with,
    overlap_by_class,
    peak_agreement,
    stages,
    transition,
)

MODULES = (b_neighborhoods, b_input_structure, b_density_peaks, b_break_up, b_robustness, b_comparisons)
STUDIES = {study.id: study for module in MODULES for study in module.STUDIES}
K = 5


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Three draws of digits in an untrained network."""
    module = load("resnet-small", pretrained=False, num_classes=10)
    network = as_network(module, preprocessing=Preprocessing((8, 8), 1, mean=(0.5,), std=(0.5,)))
    quiet = Reporter(stream=None)
    asked = dict(SMALL["digits"].options)
    asked |= {"measures": (*asked["measures"], "cka"), "k": K, "more_k": (3, 20), "subsample": (0.25, 0.5)}
    folder = tmp_path_factory.mktemp("runs")
    return [
        probe(network, draw_training(digits(), 20, draw), out=folder / str(draw), reporter=quiet, **asked)
        for draw in range(3)
    ]


def evidence_of(setting: Setting, runs: list[Run]) -> Evidence:
    """Those runs for whatever probes a setting asks for."""
    probes = dict.fromkeys(probe for condition in setting.conditions for probe in condition.probes)
    return Evidence(setting, dict(zip(probes, itertools.cycle(runs), strict=False)), {})


def settings(scale: str) -> Iterator[tuple[Study, Setting]]:
    return ((study, setting) for study in STUDIES.values() for setting in study.settings[scale])  # type: ignore[index]


# --- what is declared


def test_there_is_a_study_for_every_figure() -> None:
    assert list(STUDIES) == [
        "B-fig2a", "B-fig2b", "B-fig2c", "B-fig3", "B-fig4a", "B-fig4b", "B-fig4c", "B-figA5", "B-figA1", "B-figA2",
        "B-figA3", "B-figA4",
    ]  # fmt: skip
    assert all(set(study.ours) == {"small", "paper"} and study.claims for study in STUDIES.values())


def test_classes_are_those_published() -> None:
    classes = nucleation_classes()
    assert len(classes.leaves) == 300
    assert [len(classes.leaves_under(name, "macro")) for name in ("animal", "artefact")] == [128, 157]
    assert classes.of("n01443537", "macro") == "animal"
    fewer = nucleation_classes(50)
    assert set(fewer.leaves) <= set(classes.leaves)
    assert [len(fewer.leaves_under(name, "macro")) for name in ("animal", "artefact")] == [22, 26]


def test_the_published_probe_is_the_paper_s() -> None:
    assert (PAPER.network, PAPER.data) == (Published("torchvision:resnet152"), "imagenet-300x300")
    asked = dict(PAPER.options)
    assert (asked["preset"], asked["k"], asked["split"]) == ("nucleation", 30, "train")
    assert check(**asked).layers == ("landmarks",)
    # Layers 25, 88 and 148: 1 for the stem, 3 for each of 3, 8, 36 and 3 blocks.
    blocks = [f"layer{stage}.{block}" for stage, count in enumerate((3, 8, 36, 3), 1) for block in range(count)]
    assert [1 + 3 * (blocks.index(name) + 1) for name in asked["references"]] == [25, 88, 148]


def test_most_studies_look_at_one_probe_of_the_paper() -> None:
    shared = [study.id for study, setting in settings("paper") if PAPER in setting.works]
    assert shared == [name for name in STUDIES if name != "B-figA3"]


def test_alignment_is_that_of_5000_images() -> None:
    (setting,) = STUDIES["B-figA3"].settings["paper"]
    assert [work.data for work in setting.works] == [f"imagenet-50x100-{draw}" for draw in range(3)]
    assert all(isinstance(work, Probed) and work.network == RESNET152 for work in setting.works)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("mnist", ("adam", 1e-3, 10, ())),
        ("modmnist", ("adam", 1e-3, 20, ())),
        ("cifar10", ("sgd", 0.1, 120, (60,))),
    ],
)
def test_simple_data_are_learned_as_published(data: str, expected: tuple[object, ...]) -> None:
    work = Trained("resnet152", data, learns="subclass")
    assert work in STUDIES["B-figA4"].settings["paper"][0].works
    found = recipe_of(work)
    assert (found.optimizer, found.lr, found.epochs, found.milestones) == expected
    assert found.momentum == 0.9


def test_small_studies_train_what_is_allotted() -> None:
    own = {
        work for _, setting in settings("small") for work in setting.works
        if isinstance(work, Trained) and work.learns == "subclass"
    }  # fmt: skip
    assert {(work.network, work.data) for work in own} == {
        ("resnet-small", data) for data in ("digits", "fashion-mnist", "modmnist-digits")
    }


def test_all_data_are_known() -> None:
    for scale in ("small", "paper"):
        assert {name for _, setting in settings(scale) for name in setting.data} <= set(DATA_SETS)


def test_all_probes_can_be_asked_for() -> None:
    for scale in ("small", "paper"):
        probes = {work for _, setting in settings(scale) for work in setting.works if isinstance(work, Probed)}
        checked = [check(**dict(work.options)) for work in probes]
        assert {found.pool for found in checked} == {"none"}
        assert {found.split for found in checked} == {"train"}
        assert all(found.keep_activations for found in checked if "cka" in found.measures)


# --- draws


def test_draws_are_disjoint_and_balanced() -> None:
    samples = digits()
    drawn = [draw_training(samples, 20, draw) for draw in range(3)]
    assert len({name for each in drawn for name in each.table["id"]}) == 600
    for each in drawn:
        assert each.split_sizes == {"train": 200}
        assert np.unique(each.labels("subclass"), return_counts=True)[1].tolist() == [20] * 10


def test_too_few_images_are_told() -> None:
    with pytest.raises(DataError, match=r"has \d+ training images .* 200 are needed"):
        draw_training(digits(), 100, 1)


# --- profiles over classes


def test_means_over_classes_are_those_of_the_profile(runs: list[Run]) -> None:
    run = runs[0]
    for found, measure, parameters in (
        (label_overlap_by_class(run), "label_overlap", f"k={K}"),
        (overlap_by_class(run, "output", "overlap"), "overlap", f"k={K} with=output"),
        (entropy_by_class(run), "neighborhood_entropy", f"k={K}"),
    ):
        level = "subclass" if measure == "label_overlap" else None
        scores = run.scores(measure, level=level, parameters=parameters).drop_nulls("value").sort("depth")
        assert list(found.layers) == scores["layer"].to_list()
        assert found.values.shape[0] == 10
        assert found.mean == pytest.approx(scores["value"].to_numpy())  # classes are of one size


def test_other_neighbourhoods_and_levels(runs: list[Run]) -> None:
    run = runs[0]
    assert label_overlap_with(run, K).values == pytest.approx(label_overlap_by_class(run).values)
    assert (label_overlap_by_class(run, "superclass").values >= label_overlap_by_class(run).values).all()
    assert label_overlap_with(run, 20).mean[-1] == pytest.approx(
        run.scores("label_overlap", level="subclass", parameters="k=20").sort("depth")["value"][-1]
    )


def test_dimensions_lie_about_that_of_all(runs: list[Run]) -> None:
    found = dimension_by_class(runs[0])
    whole = runs[0].scores("intrinsic_dimension", parameters="two-nn fraction=0.9").sort("depth")["value"].to_numpy()
    assert found.mean == pytest.approx(whole, rel=0.25)


@pytest.mark.parametrize("level", ["superclass", "subclass"])
def test_peak_agreement_is_the_adjusted_rand_index(level: str, runs: list[Run]) -> None:
    whole = runs[0].scores("peak_ari", level=level).sort("depth")["value"].to_numpy()
    assert peak_agreement(runs[0], level, "ARI").mean == pytest.approx(whole)


def test_stages_and_the_steepest_rise(runs: list[Run]) -> None:
    assert {name: len(blocks) for name, blocks in stages(runs[0]).items()} == {"layer1": 3, "layer2": 3, "layer3": 3}
    profile = label_overlap_by_class(runs[0])
    before, after = transition(profile)
    rises = np.diff(profile.mean)
    assert (profile.layers.index(before), profile.layers.index(after)) == (rises.argmax(), rises.argmax() + 1)


def test_brightness_is_that_of_the_pictures(runs: list[Run]) -> None:
    pictures = draw_training(digits(), 20, 0)
    expected = [np.asarray(pictures.source.read(row)).mean() for row in range(0, 200, 50)]
    assert brightness(runs[0])[::50] == pytest.approx(expected, abs=1)


# --- every claim and picture


@pytest.mark.parametrize(("study", "setting"), [(study.id, setting) for study, setting in settings("small")])
def test_claims_are_judged_and_pictures_drawn(study: str, setting: Setting, runs: list[Run]) -> None:
    if setting.name == "grocery":
        pytest.skip("its references are blocks of another network")
    evidence = evidence_of(setting, runs)
    for claim in STUDIES[study].claims:
        found = claim.test(evidence)
        assert found.verdict in ("confirmed", "refuted", "undecided")
        assert np.isfinite(found.effect)
        assert found.told.endswith(".")
    for picture in STUDIES[study].draw(evidence):
        assert "<" in picture.markup or "single" in picture.caption
        assert picture.table.height
        assert picture.table.null_count().sum_horizontal()[0] == 0


def test_a_single_peak_everywhere_refutes_what_is_said_of_several(runs: list[Run], tmp_path: Path) -> None:
    class Flat(Run):
        def landscape(self, layer: str):  # type: ignore[no-untyped-def]
            found = super().landscape(layer)
            return found.with_columns(peak=found["peak"] * 0)

    (study, setting) = STUDIES["B-fig4a"], STUDIES["B-fig4a"].settings["small"][0]
    evidence = evidence_of(setting, [Flat(runs[0].root)])
    light, middle, last = (claim.test(evidence) for claim in study.claims)
    assert (light.verdict, middle.verdict, last.verdict) == ("refuted", "refuted", "refuted")
