from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from nucleate.errors import UsageError
from nucleate.pipeline import Run
from support.small_run import contents, run_probe

MEASURES = ("clusters", "linear_probe")


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_probe(tmp_path_factory.mktemp("linear") / "run", measures=MEASURES, layers="input,second")


@pytest.mark.parametrize("layer", ["input", "second"])
@pytest.mark.parametrize("level", ["superclass", "subclass"])
def test_accuracy_is_that_of_scikit_learn_at_the_chosen_penalty(probed: Run, layer: str, level: str) -> None:
    row = probed.scores("linear_probe", level=level).filter(pl.col("layer") == layer).row(0, named=True)
    penalty = float(row["reason"].split()[1])
    labels = probed.samples[level].to_numpy()
    peer = LogisticRegression(C=1 / penalty, tol=1e-6, max_iter=10_000)
    peer.fit(probed.activations(layer, np.arange(30)).astype(float), labels[:30])
    expected = (peer.predict(probed.activations(layer).astype(float)) == labels[30:]).mean()
    assert row["value"] == pytest.approx(expected, abs=1.5 / 60)
    assert row["low"] <= row["value"] <= row["high"]
    (path,) = probed.root.glob(f"linear_probes/*{layer}.parquet")
    predicted = pl.read_parquet(path)[f"predicted_{level}"].to_numpy()
    assert (predicted == labels[30:]).mean() == pytest.approx(row["value"])


def test_the_training_split_goes_through_the_network_only_when_it_is_needed(probed: Run, tmp_path: Path) -> None:
    assert probed.samples["status"].to_list() == ["ok"] * 90
    run_probe(tmp_path / "run", measures=("clusters",), layers="input,second")
    blocks = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run" / "activations").iterdir()}
    run_probe(tmp_path / "run", measures=MEASURES, layers="input,second")
    assert contents(tmp_path / "run") == contents(probed.root)
    for name, time in blocks.items():
        assert (tmp_path / "run" / "activations" / name).stat().st_mtime_ns == time


def test_a_missing_training_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="fits on the split 'train' and counts on another"):
        run_probe(tmp_path / "run", measures=MEASURES, split="train")
