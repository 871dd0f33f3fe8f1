"""A network's checkpoints, probed with the same samples."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from nucleate.data import digits
from nucleate.errors import RunFolderError, UsageError
from nucleate.models import load
from nucleate.pipeline import Reporter, probe
from nucleate.pipeline import _checkpoints as over_training
from nucleate.pipeline._checkpoints import probe_checkpoints
from nucleate.training import Recipe, TrainingRun, fit
from support.small_run import contents

OPTIONS = {
    "measures": ("clusters", "label_overlap"),
    "factors": (1,),
    "k": 3,
    "layers": "layer3.2,output",
    "workers": 0,
}
QUIET = Reporter(stream=None)


@pytest.fixture(scope="module")
def samples():
    return digits(held_out=0.1)


@pytest.fixture(scope="module")
def training(samples, tmp_path_factory) -> TrainingRun:
    """Two epochs on the built-in digits."""
    recipe = Recipe(epochs=2, checkpoint_every=1, batch_size=256)
    return fit("resnet-small", samples, out=tmp_path_factory.mktemp("training") / "run", recipe=recipe)


@pytest.fixture(scope="module")
def found(training, samples, tmp_path_factory):
    return probe_checkpoints(training, samples, out=tmp_path_factory.mktemp("over") / "out", reporter=QUIET, **OPTIONS)


def test_every_checkpoint_has_the_run_it_would_have_alone(found, training, samples, tmp_path):
    assert list(found.runs) == [0, 1, 2] == [epoch for epoch, _ in training.checkpoints]
    for epoch, path in training.checkpoints[1:]:
        alone = probe(load(path), samples, out=tmp_path / str(epoch), reporter=QUIET, **OPTIONS)
        assert alone.profile.equals(found.runs[epoch].profile)
        assert found.runs[epoch].about["network"]["name"] == f"resnet-small after {epoch} epochs"


def test_the_profile_knows_the_epoch(found):
    table = pl.read_parquet(found.root / "profile.parquet")
    assert table.equals(found.profile)
    assert table["epoch"].unique().sort().to_list() == [0, 1, 2]
    for epoch, run in found.runs.items():
        assert table.filter(pl.col("epoch") == epoch).drop("epoch").equals(run.profile.drop("epoch"))
    overlap = table.filter((pl.col("measure") == "label_overlap") & (pl.col("level") == "superclass"))
    at_output = overlap.filter((pl.col("layer") == "output") & pl.col("group").is_null()).sort("epoch")["value"]
    assert at_output[2] > at_output[0]  # it did learn


def test_killed_between_checkpoints_it_goes_on_and_ends_with_the_same_bytes(found, training, samples, tmp_path):
    for name in ("epoch-000000", "epoch-000001"):
        shutil.copytree(found.root / name, tmp_path / "out" / name)
    (tmp_path / "out" / "epoch-000001" / "manifest.json").unlink()
    probe_checkpoints(training.root, samples, out=tmp_path / "out", reporter=QUIET, **OPTIONS)
    assert contents(tmp_path / "out") == contents(found.root)


def test_of_an_unfinished_training_what_is_there_is_probed(found, training, samples, tmp_path):
    shutil.copytree(training.root, tmp_path / "training")
    (tmp_path / "training" / "checkpoints" / "epoch-000002.json").unlink()
    early = probe_checkpoints(tmp_path / "training", samples, out=tmp_path / "out", reporter=QUIET, **OPTIONS)
    assert list(early.runs) == [0, 1]
    assert not early.training.is_finished
    later = probe_checkpoints(training, samples, out=tmp_path / "out", reporter=QUIET, **OPTIONS)
    assert later.profile.equals(found.profile)


def test_what_is_no_training_run_is_refused(found, training, samples, tmp_path):
    with pytest.raises(RunFolderError, match="is not a training run"):
        probe_checkpoints(tmp_path, samples, out=tmp_path / "out", **OPTIONS)
    shutil.copytree(training.root, tmp_path / "empty")
    shutil.rmtree(tmp_path / "empty" / "checkpoints")
    with pytest.raises(RunFolderError, match="has no checkpoint yet"):
        probe_checkpoints(tmp_path / "empty", samples, out=tmp_path / "out", **OPTIONS)
    with pytest.raises(RunFolderError, match="is the run folder of one probe"):
        probe_checkpoints(training, samples, out=found.root / "epoch-000000", **OPTIONS)
    with pytest.raises(RunFolderError, match="holds another run"):
        probe_checkpoints(training, digits(seed=1), out=found.root, reporter=QUIET, **OPTIONS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("share", "fits"), [(1.5, False), (2.5, True)])
def test_what_cannot_fit_is_refused_after_the_first_checkpoint(found, training, samples, tmp_path, share, fits):
    first = sum(path.stat().st_size for path in (found.root / "epoch-000000").rglob("*") if path.is_file())
    disk = SimpleNamespace(disk_usage=lambda folder: SimpleNamespace(free=int(share * first)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(over_training, "shutil", disk)
        if fits:
            assert len(probe_checkpoints(training, samples, out=tmp_path, reporter=QUIET, **OPTIONS).runs) == 3
            return
        with pytest.raises(UsageError, match=r"The other 2 checkpoints would take .* may be used"):
            probe_checkpoints(training, samples, out=tmp_path, reporter=QUIET, **OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-000000"]


def test_folders_sort_by_epoch():
    from nucleate.pipeline._checkpoints import folder_of

    names = [folder_of(Path("x"), epoch).name for epoch in (5, 10, 400)]
    assert names == sorted(names) == ["epoch-000005", "epoch-000010", "epoch-000400"]
