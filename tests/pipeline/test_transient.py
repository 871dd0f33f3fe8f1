"""Neighbours and the rest without keeping activations: the same as with them, whatever disk and memory there are."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nucleate.data import Samples
from nucleate.errors import RunFolderError, UsageError
from nucleate.pipeline import Run, extraction, passes, transient
from nucleate.storage import commits, tensor_names
from support.small_run import contents, make_samples, run_probe

EVERY = ("clusters", "overlap", "label_overlap", "landscape", "linear_probe", "mutual_knn", "scale_profile")
REQUEST = {
    "layers": "all",
    "pool": "none",
    "measures": EVERY,
    "more_k": (2,),
    "subsample": (0.5,),
    "algorithms": ("ward", "kmeans"),
}
WIDEST = 4 * 90 * 6 * 36  # bytes of the rows of "first"


def probe_passing(out: Path, **options: object) -> Run:
    return run_probe(out, **{**REQUEST, "keep_activations": False, **options})


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_probe(tmp_path_factory.mktemp("stored") / "run", **REQUEST)


@pytest.fixture(scope="module")
def in_one_pass(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return probe_passing(tmp_path_factory.mktemp("passing") / "run")


def results(run: Run) -> dict[str, bytes]:
    """Everything but the activations and what tells how it came about."""
    return {
        name: data
        for name, data in contents(run.root).items()
        if not name.startswith(("activations/", "digests/"))
        and not name.endswith("manifest.json")
        and name != "run.json"
    }


def little_disk(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Disk for the widest layer alone, and memory for none."""
    from nucleate.pipeline import plan

    for name in ("THUMBNAIL_BYTES", "RESULT_BYTES", "TASK_BYTES"):
        monkeypatch.setattr(plan, name, 0)
    return {"disk": (WIDEST + 200_000) / 2**30}


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Layers of each time that samples went through the network."""
    found: list[list[str]] = []
    extract = extraction.extract

    def counted(*arguments: object, **keywords: object) -> object:
        found.append([layer.name for layer in keywords["layers"]])  # type: ignore[attr-defined]
        return extract(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(extraction, "extract", counted)
    return found


def test_every_result_has_the_bits_of_a_run_that_keeps_everything(stored: Run, in_one_pass: Run) -> None:
    assert results(in_one_pass) == results(stored)
    assert in_one_pass.neighbors("first").n == 60


def test_nothing_wide_is_kept(in_one_pass: Run) -> None:
    assert not any(tensor_names(path) for path in (in_one_pass.root / "activations").glob("*.safetensors"))
    assert not (in_one_pass.root / "scratch").exists()
    with pytest.raises(UsageError, match="not kept the activations of first"):
        in_one_pass.activations("first")
