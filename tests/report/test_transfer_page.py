"""The report of a transfer."""

import numpy as np
import polars as pl
import pytest

from nucleate.data import from_arrays
from nucleate.pipeline import Reporter
from nucleate.pipeline._transfer import transfer
from nucleate.reports.figures._charts import profile_chart
from nucleate.reports.pages._transfer import by_factor, clustered, report_transfer

from .conftest import NASTY, patterns, read, tiny_network

FACTORS = (1, 2, 3, 40)


@pytest.fixture(scope="module")
def found(runs):
    classes = np.arange(72) % 6
    samples = from_arrays(patterns(classes), [f"kind {c}" for c in classes], name="kinds")
    networks = {"first": tiny_network(), NASTY[0]: tiny_network(("a", "b", "c", "d", "e", "f", "g"))}
    return transfer(
        networks, samples, out=runs / "transfer", reporter=Reporter(stream=None), factors=FACTORS, workers=0
    )


@pytest.fixture(scope="module")
def transfer_page(found):
    return read(report_transfer(found))


def value(found, network, measure, factor, column="value"):
    rows = found.profile.filter(
        (pl.col("network") == network) & (pl.col("measure") == measure) & pl.col("group").is_null()
        & (pl.col("parameters") == f"factor={factor}")
    )  # fmt: skip
    return rows[column][0]


def test_curves_are_the_profiles_numbers_by_factor(found):
    shown = by_factor(found)
    assert shown.panels == ("AMI", "Purity")
    assert shown.names == ("first", NASTY[0])
    assert shown.across == "overclustering factor"
    for curve in shown.curves:
        assert [point.depth for point in curve.points] == [1, 2, 3]  # 240 clusters of 72 samples cannot be
        for point in curve.points:
            assert point.value == value(found, curve.name, curve.measure, int(point.depth))
            assert point.chance == value(found, curve.name, curve.measure, int(point.depth), "chance")


def test_the_chart_counts_factors(found):
    chart = profile_chart(by_factor(found), width=740)
    bottom = chart["vconcat"][-1]["layer"][0]["encoding"]["x"]
    assert bottom["axis"]["title"] == "overclustering factor"
    assert bottom["scale"]["domain"] == [1, 3]
    told = {row["told"] for row in chart["datasets"]["values-0"]}
    assert any(text.startswith("overclustering factor 2 — AMI, first: ") for text in told)


def test_the_table_ranks_networks_and_tells_their_layer(found, transfer_page):
    rows = {row.name: row for row in clustered(found, beside=found.root)}
    assert rows["first"].layer == "6:input"
    assert rows["first"].best == max(
        ((factor, value(found, "first", "ami", factor)) for factor in (1, 2, 3)), key=lambda pair: pair[1]
    )
    table = next(table for table in transfer_page.tables() if "AMI, factor 1" in table[0])
    assert [row[0] for row in table[1:]] == sorted(rows, key=lambda name: -rows[name].smallest["ami"]["value"])
    assert table[1][1] == f"{rows[table[1][0]].smallest['ami']['value']:.3f}"
    assert table[1][-1] == "–"  # factor 40


def test_what_is_left_out_has_its_reason(transfer_page):
    assert "Factor 40 is left out: all samples (240 clusters of 72 samples)." in transfer_page.text


def test_names_are_text(transfer_page):
    assert len(transfer_page.all("script")) == 1
    assert NASTY[0] in transfer_page.text


def test_the_same_runs_give_the_same_bytes_anywhere(found, tmp_path):
    one, two = (report_transfer(found, out=found.root / name).read_bytes() for name in ("report.html", "again.html"))
    assert one == two


def test_one_network_and_one_factor(found, runs):
    samples = from_arrays(patterns(np.arange(30) % 3), [str(c) for c in np.arange(30) % 3])
    single = transfer(
        {"only": tiny_network()}, samples, out=runs / "single", reporter=Reporter(stream=None), factors=(2,), workers=0
    )
    page = read(report_transfer(single))
    assert "How 1 network clusters arrays" in page.all("h1")[0].text
    assert "AMI with 2 times as many clusters as classes" in page.text
