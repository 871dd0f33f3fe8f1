"""Clustering algorithms side by side, and the samples of clusters at any layer."""

import numpy as np
import polars as pl
import pytest

from nucleate.clusters import ALGORITHMS
from nucleate.errors import UsageError
from nucleate.measures import purity
from nucleate.reports import report
from nucleate.reports.pages._algorithms import algorithms, compared_algorithms

from .conftest import read, run_arrays, two_levels

NAMES = ("ward", "average", "kmeans", "single")  # as settings order them


@pytest.fixture(scope="module")
def several(runs):
    classes, labels = two_levels()
    return run_arrays(runs / "algorithms" / "run", labels, classes, algorithms=NAMES)


def test_rows_are_scores_of_the_clusters_themselves(several):
    found = algorithms(several, "2")
    assert [row.name for row in found] == list(NAMES)
    for row in found:
        for scores, layer in ((row.at_best, "2"), (row.at_last, "output")):
            table = several.clusters(layer)
            labels = several.samples[table["row"].to_list()]["letter"].to_numpy()
            column = "factor_1" if row.name == "ward" else f"{row.name}_factor_1"
            values = []
            for shape in ("loops", "strokes"):
                inside = (table["group"] == shape).to_numpy()
                values.append(purity(labels[inside], table[column].to_numpy()[inside]))
            assert scores["purity"]["value"] == pytest.approx(np.mean(values))


def test_highest_is_that_of_the_profile_without_the_input(several):
    for row in algorithms(several, "2"):
        setting = "factor=1" if row.name == "ward" else f"factor=1 algorithm={row.name}"
        scores = several.scores("ami", parameters=setting).filter(pl.col("layer") != "input")
        assert row.highest is not None
        assert row.highest[1] == scores["value"].max()


def test_curves_name_every_algorithm(several):
    found = compared_algorithms(several)
    assert found.panels == ("AMI", "Purity")
    assert found.names == tuple(ALGORITHMS[name].title for name in NAMES)


def test_ward_alone_is_compared_with_nothing(labelled):
    assert algorithms(labelled, "2") == []
    assert not compared_algorithms(labelled)


def test_the_page_has_the_table(several):
    page = read(report(several))
    (table,) = (table for table in page.tables() if table[1][:1] == ["Algorithm"])
    assert [row[0] for row in table[2:]] == [ALGORITHMS[name].title for name in NAMES]
    assert all(len(row) == 9 for row in table[2:])


def test_clusters_are_shown_at_the_layers_that_were_asked_for(labelled, tmp_path):
    page = read(report(labelled, layers=("0", "output"), out=tmp_path / "report.html"))
    headings = [element.text for element in page.all("h2") if element.text.startswith("Samples of each cluster")]
    assert headings == ["Samples of each cluster at 0", "Samples of each cluster at output"]
    assert len(page.all("section", id="run-1-gallery-2")) == 1


def test_an_unknown_layer_is_refused(labelled, tmp_path):
    with pytest.raises(UsageError, match=r"no layer 'outptu'.*output"):
        report(labelled, layers=("outptu",), out=tmp_path / "report.html")
