from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import skew
from sklearn.metrics import adjusted_rand_score

from nucleate.data import from_arrays
from nucleate.pipeline import Run
from support.small_run import make_samples, run_probe


def test_occurrence_counts_neighbourhoods(finished: Run) -> None:
    table = finished.landscape("first")
    counts = np.bincount(finished.neighbors("first").indices.ravel(), minlength=60)
    assert table["occurrence"].to_list() == counts.tolist()
    score = finished.scores("hubness").filter(pl.col("layer") == "first")
    assert score["value"][0] == pytest.approx(skew(counts))


def test_peaks_are_scored_and_told(finished: Run) -> None:
    for layer in finished.layer_names:
        peaks, table = finished.peaks(layer), finished.landscape(layer)
        assert table["peak"].to_list() == peaks.labels.tolist()
        scores = finished.profile.filter(pl.col("layer") == layer)
        count = scores.filter(pl.col("measure") == "peaks").row(0, named=True)
        assert count["value"] == len(peaks.centers)
        assert f"threshold {peaks.threshold:.4g}" in count["reason"]
        subclasses = finished.samples["subclass"].to_numpy()[finished.rows]
        found = scores.filter(pl.col("measure") == "peak_ari", pl.col("level") == "subclass")["value"][0]
        assert found == pytest.approx(adjusted_rand_score(subclasses, peaks.labels))


def test_each_peak_has_its_majority(finished: Run) -> None:
    (path,) = finished.root.glob("peaks/*first.peaks.parquet")
    table = pl.read_parquet(path)
    peaks = finished.peaks("first")
    subclasses = finished.samples["subclass"].to_numpy()[finished.rows]
    assert table["population"].sum() == 60
    assert table["row"].to_list() == finished.rows[peaks.centers].tolist()
    for row in table.iter_rows(named=True):
        members = subclasses[peaks.labels == row["peak"]]
        names, counts = np.unique(members, return_counts=True)
        assert row["majority_subclass"] == names[counts.argmax()]
        assert row["purity_subclass"] == pytest.approx(counts.max() / len(members))


def test_a_run_answers_another_confidence(finished: Run) -> None:
    assert len(finished.peaks("first", z=0).centers) >= len(finished.peaks("first", z=5).centers)


def test_more_copies_than_neighbours_are_said(tmp_path: Path) -> None:
    values = np.stack([make_samples().source.read(row % 8) for row in range(64)])
    run = run_probe(tmp_path / "run", samples=from_arrays(values), layers="first")
    row = run.scores("peaks").row(0, named=True)
    assert row["value"] is None
    assert "duplicate" in row["reason"]
    assert run.scores("intrinsic_dimension")["value"][0] is None
    assert run.landscape("first").columns == ["row", "occurrence"]
