"""What a run of studies would take: against counting by hand, and told in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nucleate import studies
from nucleate.models import forward_flops, load
from nucleate.pipeline import Reporter
from nucleate.studies.declare._jobs import Probed, Published, Trained, options
from nucleate.studies.declare._recipes import recipe_of
from nucleate.studies.declare._sizes import SIZES
from nucleate.studies.execute._costs import SPEEDS, Cost, cost
from nucleate.studies.execute._plan import duration
from nucleate.studies.execute._workspace import Workshop
from support.tiny_studies import declare, make_study, setting


def test_a_training_takes_three_forward_passes_for_each_image_and_epoch() -> None:
    work = Trained("resnet50", "entity13-4")
    found = cost(work)
    with torch.device("meta"):
        forward = forward_flops(load("resnet50", pretrained=False, num_classes=13))
    size = SIZES["entity13-4"]
    assert found.network == forward * (3 * size.train * 400 + size.evaluation * 81)
    assert found.steps == 400 * -(-size.train // 256)
    assert found.disk == pytest.approx(81 * 4 * 23.5e6, rel=0.01)  # 81 checkpoints without the 1000 classes
    assert found.seconds("cuda") == pytest.approx(found.network / SPEEDS["cuda"].flops + found.steps * 0.005)


def test_byol_sees_two_views_with_two_networks() -> None:
    """Two views, each forward and backward through one network and forward through the other: 8 passes against 3."""
    told, byol = (
        Trained("resnet-small", "digits"),
        Trained("resnet-small", "digits", learns="nothing", objective="byol"),
    )
    image = 1078 * forward_flops(load("resnet-small", pretrained=False, num_classes=3, in_channels=1), (1, 8, 8))
    for work, passes in ((told, 3), (byol, 8)):
        learned = passes * recipe_of(work).epochs
        scored = 719 / 1078 * len(recipe_of(work).checkpoint_epochs())
        assert cost(work).network == pytest.approx(image * (learned + scored))


def test_a_probe_takes_a_pass_and_products_of_all_pairs() -> None:
    network = Trained("vgg-small", "digits")
    clusters = options(layers=("output",), measures=("clusters",), pool="none")
    forward = forward_flops(load("vgg-small", pretrained=False, num_classes=3, in_channels=1), (1, 8, 8))
    found = cost(Probed(network, "digits", options=clusters))
    assert found.network == 719 * forward
    assert found.analysis == pytest.approx(2 * 719**2 * 3 / 3)
    searched = options(layers=("output",), measures=("label_overlap",), pool="none")
    assert cost(Probed(network, "digits", options=searched)).analysis == pytest.approx(2 * 719**2 * 3)
    fitted = cost(Probed(network, "digits", options=options(layers=("output",), measures=("linear_probe",))))
    assert fitted.network == (719 + 1078) * forward


def test_what_does_not_fit_into_memory_takes_several_passes() -> None:
    work = Probed(Published("resnet50"), "living17", options=options(preset="clusterability"))
    assert cost(work, memory=10).network > 5 * cost(work, memory=200).network


def test_costs_add_up() -> None:
    both = Cost(1e10, 2e10, 3, 4, 5) + Cost(1e10, 0, 1, 1, 1)
    assert both == Cost(2e10, 2e10, 4, 5, 6)


def test_the_plan_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch.setattr, make_study("T-fig1", [setting(), setting("photos", data="grocery")]))
    found = studies.plan("all", out=tmp_path, device="cpu")
    told = "\n".join(found.summary())
    assert "1 study at small scale in 1 setting: 2 trainings, 2 probes\n" in told
    assert f"to do: about {duration(found.seconds)} on the CPU, " in told
    assert "assumed: 20 GFLOP/s in networks (training: 3 x forward x images x epochs)" in told
    assert "left out: T-fig1 on photos. No folder of data was given: grocery is needed." in told
    assert repr(found) == "StudiesPlan(small: 1 settings, 1 left out; 4 of 4 works to do)"
    assert found.works[0].studies == ("T-fig1",)
    assert not any(tmp_path.iterdir())


def test_paper_scale_without_a_gpu_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "data" / "imagenet").mkdir(parents=True)
    found = studies.plan("A-fig1", scale="paper", out=tmp_path / "out", data=tmp_path / "data", device="cpu")
    assert found.works
    (warning,) = found.warnings()
    assert warning.startswith("WARNING: there is no GPU here. This CPU takes about ")
    assert "a GPU that does 10 TFLOP/s in float32 would take about " in warning


def test_data_are_only_looked_at_where_something_of_them_is_done(tmp_path: Path) -> None:
    """Fingerprints of ImageNet take minutes: a plan reads them only to tell whether what lies there is the same."""
    workshop = Workshop(tmp_path, None, Reporter(None))
    work = Trained("resnet-small", "digits")
    assert not workshop.is_begun(work)
    workshop.folder(work).mkdir(parents=True)
    assert workshop.is_begun(work)
    assert not workshop.is_begun(Trained("resnet-small", "digits", seed=1))
    assert not workshop.is_done(work)
