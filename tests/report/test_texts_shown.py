"""Samples that are texts are shown as texts."""

from pathlib import Path

import polars as pl
import pytest

from nucleate.pipeline import Run
from nucleate.reports import report
from nucleate.reports.figures._gallery import galleries
from nucleate.reports.figures._hubs import hubs


@pytest.fixture(scope="module")
def worded(labelled: Run) -> Run:
    """The labelled run, as if its samples were texts."""
    run = Run(labelled.root)
    texts = pl.Series("text", [text_of(row) for row in labelled.samples["row"]])
    vars(run)["samples"] = labelled.samples.with_columns(texts)  # what it read is kept there
    return run


def text_of(row: int) -> str:
    return f"<script>alert(1)</script> {{{{7*7}}}} \u202e row {row}"


def test_every_shown_sample_says_its_own_text(worded: Run) -> None:
    shown = [
        one
        for group in galleries(worded, worded.best_layer() or "", ("strokes", "loops"), budget=0)
        for cluster in group.clusters
        for one in cluster.shown
    ]
    assert len(shown) > 10
    assert all(one.text == text_of(one.row) and not one.picture for one in shown)
    found = hubs(worded, budget=10**6)
    assert found is not None
    assert all(hub.sample.text == text_of(hub.sample.row) for hub in found.shown)


def test_texts_stand_in_the_report_and_never_execute(worded: Run, tmp_path: Path) -> None:
    page = report(worded, out=tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<ul class="texts">' in page
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page
    assert "<script>alert(1)" not in page
