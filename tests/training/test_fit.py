"""Runs of training: what they leave, how they go on after being killed, and what they refuse."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from nucleate.data import Samples, UnreadableSample, from_arrays
from nucleate.errors import DataError, HierarchyError, ModelError, RunError, RunFolderError, StorageError, UsageError
from nucleate.models import load, save_checkpoint
from nucleate.models.adapters._timm import import_timm
from nucleate.storage import _atomic as atomic
from nucleate.storage import find_damage
from nucleate.training import Epoch, Recipe, TrainingRun, fit, read_recipe, recipe, relabelled
from nucleate.training._inputs import epoch_places
from support.small_training import PARENTS, make_samples

HOW = {"epochs": 4, "batch_size": 16, "checkpoint_every": 2, "lr": 0.05}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def samples() -> Samples:
    return make_samples()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, samples: Samples) -> TrainingRun:
    return fit("vgg-small", samples, out=tmp_path_factory.mktemp("run") / "a", recipe=recipe(**HOW))


def test_a_run_leaves_networks_that_load_and_predict_what_its_curves_say(
    finished: TrainingRun, samples: Samples
) -> None:
    assert [epoch for epoch, _ in finished.checkpoints] == [0, 2, 4]
    assert finished.is_finished
    assert finished.level == "middle"
    assert finished.hierarchy == samples.hierarchy
    assert find_damage([path.with_suffix(".json") for _, path in finished.checkpoints]) == []
    rows = samples.rows("validation")
    classes = np.array(samples.hierarchy.classes("middle"))
    leaves, tops = samples.labels("leaf", rows), dict(PARENTS.values())
    for epoch, path in finished.checkpoints:
        network = load(path)
        images = torch.from_numpy(np.stack([network.preprocessing(samples.source.read(int(row))) for row in rows]))
        with network.evaluating(), torch.no_grad():
            logits = network.module(images)
        predicted = classes[logits.argmax(1).numpy()]
        true = np.array([PARENTS[leaf][0] for leaf in leaves])
        told = finished.curves.filter((pl.col("epoch") == epoch) & (pl.col("split") == "validation"))
        whole, top, worst = told.rows(named=True)
        assert (whole["level"], whole["group"], whole["accuracy"]) == ("middle", None, np.mean(predicted == true))
        codes = torch.tensor([list(classes).index(name) for name in true])
        assert whole["loss"] == pytest.approx(torch.nn.functional.cross_entropy(logits, codes).item(), rel=1e-5)
        assert (top["level"], top["group"]) == ("top", None)
        assert top["accuracy"] == np.mean([tops[a] == tops[b] for a, b in zip(predicted, true, strict=True)])
        recalls = {leaf: float(np.mean((predicted == true)[leaves == leaf])) for leaf in PARENTS}
        assert worst["accuracy"] == min(recalls.values()) == recalls[worst["group"]]
    assert finished.curves.filter(pl.col("split") == "batches")["epoch"].to_list() == [1, 2, 3, 4]


def test_the_first_checkpoint_holds_the_initial_weights(finished: TrainingRun) -> None:
    fresh = load("vgg-small", pretrained=False, num_classes=3, in_channels=1, seed=0)
    saved = load(finished.checkpoints[0][1])
    for name, value in fresh.module.state_dict().items():
        assert torch.equal(saved.module.state_dict()[name], value)


def test_the_same_call_again_does_nothing(finished: TrainingRun, samples: Samples) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.root.rglob("*")}
    calls: list[object] = []
    fit("vgg-small", samples, out=finished.root, recipe=recipe(**HOW), progress=lambda *call: calls.append(call))
    assert {path: path.stat().st_mtime_ns for path in finished.root.rglob("*")} == before
    assert calls == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": recipe(**{**HOW, "lr": 0.1, "seed_order": 1})}, r"lr is 0.1, there 0.05; seed_order is 1, there 0"),
        ({"network": "resnet-small"}, "name is resnet-small, there vgg-small"),
        ({"level": "leaf"}, "num_classes is 5, there 3.*level is leaf, there middle"),
        ({"samples": make_samples(seed=1)}, "other samples"),
        ({"samples": relabelled(make_samples(), make_samples().hierarchy.shuffled(3))}, "the hierarchy differs"),
    ],
)
def test_another_request_is_refused_with_the_differences(
    finished: TrainingRun, samples: Samples, change: dict[str, object], message: str
) -> None:
    asked = {"network": "vgg-small", "samples": samples, "recipe": recipe(**HOW), **change}
    with pytest.raises(RunFolderError, match=message):
        fit(asked.pop("network"), asked.pop("samples"), out=finished.root, **asked)


EVERYTHING = {
    "vgg-small": {**HOW, "ema": 0.9, "crop": (0.4, 1), "flip": True, "optimizer": "sgd"},
    "vit-small": {**HOW, "optimizer": "adamw", "lr": 1e-3, "warm_up": 1, "objective": "dropout", "ema": 0.9},
}


@pytest.mark.parametrize("network", EVERYTHING)
def test_stopped_after_any_epoch_the_rest_has_the_same_bits(network: str, samples: Samples, tmp_path: Path) -> None:
    how = recipe(**EVERYTHING[network])
    whole = contents(fit(network, samples, out=tmp_path / "whole", recipe=how, workers=2).root)
    for stop in (1, 2, 3):

        def interrupt(went: object, epochs: int, stop: int = stop) -> None:
            if went.number == stop:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

        out = tmp_path / f"stopped-{stop}"
        with pytest.raises(KeyboardInterrupt):
            fit(network, samples, out=out, recipe=how, workers=0, progress=interrupt)
        assert not TrainingRun(out).is_finished
        begun: list[int] = []
        fit(network, samples, out=out, recipe=how, workers=1, progress=lambda went, _, b=begun: b.append(went.number))
        assert begun[0] == (1 if stop == 1 else 3)
        assert contents(out) == whole


KILLS = int(os.environ.get("NUCLEATE_KILLS", "1"))
JOB = """
import sys
from nucleate.training import fit, read_recipe
from support.small_training import make_samples
fit("vgg-small", make_samples(300), out=sys.argv[1], recipe=read_recipe(sys.argv[2]))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("epochs = 20\ncheckpoint_every = 2\nema = 0.9\ncrop = [0.5, 1]\nbatch_size = 16")
    whole = contents(fit("vgg-small", make_samples(300), out=tmp_path / "whole", recipe=read_recipe(path)).root)
    moments = random.Random(0)
    for number in range(KILLS):
        out = tmp_path / f"killed-{number}"
        paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        job = subprocess.Popen(
            [sys.executable, "-c", JOB, str(out), str(path)], env={**os.environ, "PYTHONPATH": paths}
        )
        first = out / "checkpoints" / "epoch-000002.json"
        while not first.exists() and job.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.5))
        job.send_signal(signal.SIGKILL)
        assert job.wait() == -signal.SIGKILL
        assert not TrainingRun(out).is_finished
        begun: list[int] = []
        again = lambda went, _, begun=begun: begun.append(went.number)  # noqa: E731
        fit("vgg-small", make_samples(300), out=out, recipe=read_recipe(path), progress=again)
        assert begun[0] > 1
        assert contents(out) == whole


def test_a_full_disk_leaves_earlier_checkpoints_and_the_run_goes_on(
    samples: Samples, finished: TrainingRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write, writes = atomic._write, 0

    def counted(file: object, data: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes > room:
            write(file, data[: len(data) // 2])  # type: ignore[arg-type]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file, data)  # type: ignore[arg-type]

    for room in (1, 2, 4, 5, 6, 9, 11):
        monkeypatch.setattr(atomic, "_write", counted)
        out, writes = tmp_path / str(room), 0
        with pytest.raises(StorageError, match=r"No space left on device.*Free some disk space"):
            fit("vgg-small", samples, out=out, recipe=recipe(**HOW))
        if (out / "train.json").exists():
            for _, path in TrainingRun(out).checkpoints:
                load(path)
        assert not list(out.rglob("*.tmp"))
        monkeypatch.undo()
        fit("vgg-small", samples, out=out, recipe=recipe(**HOW))
        assert contents(out) == contents(finished.root)


def test_a_diverging_loss_keeps_the_last_good_checkpoint(samples: Samples, tmp_path: Path) -> None:
    how = recipe(epochs=9, batch_size=20, checkpoint_every=1, lr=1e4, warm_up=9)
    with pytest.raises(RunError, match=r"epoch \d+.*Lower lr.*last good checkpoint is .*epoch-00000\d.safetensors"):
        fit("vit-small", samples, out=tmp_path, recipe=how)
    run = TrainingRun(tmp_path)
    assert not run.is_finished
    for _, path in run.checkpoints:
        assert all(torch.isfinite(value).all() for value in load(path).module.state_dict().values())


def test_a_lost_checkpoint_is_made_anew(samples: Samples, finished: TrainingRun, tmp_path: Path) -> None:
    fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW))
    run = TrainingRun(tmp_path)
    run.checkpoint(2).unlink()
    assert [epoch for epoch, _ in run.checkpoints] == [0, 4]
    assert not run.is_finished
    fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW))
    assert contents(tmp_path) == contents(finished.root)


def stop_after(epoch: int) -> Callable[[Epoch, int], None]:
    def stop(went: Epoch, epochs: int) -> None:
        if went.number == epoch:
            raise KeyboardInterrupt

    return stop


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "begins"),
    [
        (lambda root: flip_a_bit(root / "state" / "000002.safetensors"), 1),
        (lambda root: (root / "state" / "000002.safetensors").unlink(), 1),
        (lambda root: flip_a_bit(root / "checkpoints" / "epoch-000000.safetensors"), 1),
        (lambda root: (root / "checkpoints" / "epoch-000000.safetensors").unlink(), 1),
        (lambda root: (root / "checkpoints" / "epoch-000000.json").unlink(), 1),
        (lambda root: flip_a_bit(root / "curves.parquet"), 3),
        (lambda root: (root / "curves.parquet").unlink(), 3),
    ],
)
def test_what_is_damaged_in_an_interrupted_run_is_made_anew(
    samples: Samples, finished: TrainingRun, tmp_path: Path, damage: Callable[[Path], None], begins: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW), progress=stop_after(3))
    damage(tmp_path)
    begun, told = list[int](), list[str]()
    fit(
        "vgg-small",
        samples,
        out=tmp_path,
        recipe=recipe(**HOW),
        progress=lambda went, _: begun.append(went.number),
        notice=told.append,
    )
    assert begun[0] == begins
    assert [("training begins from the start" in line) for line in told] == [True] * (begins == 1)
    assert contents(tmp_path) == contents(finished.root)


def test_a_checkpoint_lost_while_training_is_told_and_made_anew(
    samples: Samples, finished: TrainingRun, tmp_path: Path
) -> None:
    def lose(went: Epoch, epochs: int) -> None:
        if went.number == 3:
            TrainingRun(tmp_path).checkpoint(2).unlink()

    with pytest.raises(StorageError, match=r"epoch-000002.safetensors: missing.*Run the same command again"):
        fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW), progress=lose)
    assert not TrainingRun(tmp_path).is_finished
    fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW))
    assert contents(tmp_path) == contents(finished.root)


def test_an_interrupted_run_is_not_continued_elsewhere(
    samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW), progress=stop_after(2))
    assert TrainingRun(tmp_path).about["device"] == "cpu"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(torch, "get_num_threads", lambda: 77)
        elsewhere.setattr(torch, "__version__", "9.9")
        with pytest.raises(RunFolderError, match=r"threads is 77, there .*torch is 9.9, there"):
            fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW))
    about = json.loads((tmp_path / "train.json").read_bytes())
    (tmp_path / "train.json").write_text(json.dumps({**about, "device": "cuda", "threads": 77}))
    with pytest.raises(RunFolderError, match=r"not finished: device is cpu, there cuda\."):
        fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW))
    (tmp_path / "train.json").write_text(json.dumps(about))
    fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    assert fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW)).is_finished  # once finished, it stays so


class Broken:
    """A source of which some rows cannot be read."""

    def __init__(self, samples: Samples, rows: set[int]) -> None:
        self.source, self.rows = samples.source, rows

    def read(self, row: int) -> object:
        if row in self.rows:
            raise UnreadableSample("the file is empty")
        return self.source.read(row)


def test_samples_that_cannot_be_read_are_known_after_a_kill_before_the_end(
    tmp_path: Path,
) -> None:
    samples = make_samples()
    object.__setattr__(samples, "source", Broken(samples, {3}))
    with pytest.raises(KeyboardInterrupt):
        fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW), progress=stop_after(4))
    assert fit("vgg-small", samples, out=tmp_path, recipe=recipe(**HOW)).unreadable == {3: "the file is empty"}


def test_a_batch_of_one_readable_image_is_passed_over_by_batch_norm(tmp_path: Path) -> None:
    samples, first = make_samples(), epoch_places(40, batch_size=8, seed=0, epoch=1)[0]
    how = recipe(epochs=1, batch_size=8, crop=(0.3, 1), objective="byol", parameters={"hidden": 8, "width": 4})
    object.__setattr__(samples, "source", Broken(samples, {int(samples.rows("train")[place]) for place in first[1:]}))
    run = fit("vit-small", samples, out=tmp_path / "one", recipe=how)
    assert len(run.unreadable) == 7
    object.__setattr__(samples, "source", Broken(samples, set(range(1, 60))))
    with pytest.raises(RunError, match="No batch has two images that can be read"):
        fit("vit-small", samples, out=tmp_path / "none", recipe=how)


def test_shuffled_labels_are_learned(samples: Samples, tmp_path: Path) -> None:
    shuffled = relabelled(samples, samples.hierarchy.shuffled(1))
    assert shuffled.labels("leaf").tolist() == samples.labels("leaf").tolist()
    assert shuffled.labels("middle").tolist() != samples.labels("middle").tolist()
    assert shuffled.fingerprint != samples.fingerprint
    run = fit("vgg-small", shuffled, out=tmp_path, recipe=recipe(**{**HOW, "epochs": 10}), level="top")
    assert run.hierarchy == shuffled.hierarchy
    last = run.curves.filter((pl.col("epoch") == 10) & (pl.col("split") == "train") & pl.col("group").is_null())
    assert last["accuracy"].item() > 0.75  # half by chance


def test_weights_to_begin_with(samples: Samples, tmp_path: Path) -> None:
    own, path = load("vgg-small", pretrained=False, num_classes=3, seed=5), tmp_path / "own.safetensors"
    save_checkpoint(own, path)
    run = fit("vgg-small", samples, out=tmp_path / "a", recipe=recipe(epochs=1), checkpoint=path)
    begun = load(run.checkpoints[0][1]).module.state_dict()
    assert all(torch.equal(begun[key], value) for key, value in own.module.state_dict().items())
    with pytest.raises(ModelError, match=r"lacks 'conv1.weight', which resnet-small needs"):
        fit("resnet-small", samples, out=tmp_path / "b", checkpoint=path)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("network", "options", "error", "message"),
    [
        ("vgg-small", {"level": "midle"}, HierarchyError, "Unknown level 'midle'. Did you mean 'middle'"),
        ("vgg-small", {"recipe": recipe(batch_size=1)}, UsageError, "two images in each, and batch_size is 1"),
        ("vgg-smal", {}, ModelError, "Did you mean 'vgg-small'"),
        ("a.safetensors", {}, ModelError, "Name the network"),
        ("vit-b-32", {"recipe": recipe(image_size=64)}, ModelError, "does not take inputs of 3x64x64"),
        ("vgg-small", {"device": "cuda:9"}, UsageError, "cannot use the device 'cuda:9'"),
        (
            "vgg-small",
            {"device": "cpu", "recipe": recipe(dtype="bfloat16")},
            UsageError,
            "dtype='bfloat16' is for CUDA",
        ),
    ],
)
def test_what_cannot_be_meant_leaves_no_folder(
    samples: Samples, tmp_path: Path, network: str, options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        fit(network, samples, out=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_samples_that_cannot_be_learned(samples: Samples, tmp_path: Path) -> None:
    images = np.zeros((6, 8, 8), np.uint8)
    one = from_arrays(images, {"superclass": ["a"] * 6, "subclass": ["p", "q"] * 3}, split="train")
    with pytest.raises(DataError, match="'superclass' of arrays has the one class 'a'"):
        fit("vgg-small", one, out=tmp_path / "run")
    with pytest.raises(DataError, match="has no labels to learn"):
        fit("vgg-small", from_arrays(images, split="train"), out=tmp_path / "run")
    with pytest.raises(DataError, match="No split 'train'"):
        fit("vgg-small", from_arrays(images, ["a", "b"] * 3), out=tmp_path / "run")
    held = from_arrays(images, ["a", "b"] * 3, split=["train", "validation"] * 3)
    with pytest.raises(DataError, match="split 'train' holds no sample of class 'b'"):
        fit("vgg-small", held, out=tmp_path / "run")
    floats = from_arrays(np.zeros((6, 1, 8, 8), np.float32), ["a", "b"] * 3, split="train")
    with pytest.raises(UsageError, match="crop, flip and image_size are for images"):
        fit("vgg-small", floats, out=tmp_path / "run", recipe=recipe(flip=True))


def test_other_folders_are_left_alone(samples: Samples, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunFolderError, match=r"holds 'thesis.txt'"):
        fit("vgg-small", samples, out=tmp_path)
    (tmp_path / "train.json").write_text(json.dumps({"recipe": {}}))
    with pytest.raises(RunFolderError, match=r"train.json is damaged"):
        fit("vgg-small", samples, out=tmp_path)
    with pytest.raises(RunFolderError, match="is not a training run"):
        _ = TrainingRun(tmp_path / "nothing").about


def test_seeds_are_three(samples: Samples, tmp_path: Path) -> None:
    def last(name: str, **seeds: int) -> bytes:
        how = Recipe(epochs=1, batch_size=16, crop=(0.5, 1), **seeds)
        return fit("vgg-small", samples, out=tmp_path / name, recipe=how).checkpoints[-1][1].read_bytes()

    base = last("base")
    assert last("again") == base
    assert len({base, *(last(name, **{name: 1}) for name in ("seed_init", "seed_order", "seed_augmentation"))}) == 4


def test_timms_networks_train_and_load(samples: Samples, tmp_path: Path) -> None:
    try:
        import_timm()
    except ModelError as error:
        pytest.skip(str(error))
    how = recipe(epochs=1, image_size=32, optimizer="adamw", lr=1e-3, objective="dropout", ema=0.9)
    run = fit("timm:test_resnet", samples, out=tmp_path / "run", recipe=how)
    first, last = (load(path) for _, path in run.checkpoints)
    assert last.name == "timm:test_resnet"
    assert last.input_shape == (3, 32, 32)
    assert first.fingerprint != last.fingerprint
    assert (first.architecture.num_classes, run.about["network"]["num_classes"]) == (3, 3)
