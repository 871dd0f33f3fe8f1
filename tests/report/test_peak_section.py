"""The section of peaks on the page."""

import polars as pl

from nucleate.reports import report
from nucleate.reports.content._peak_layer import peak_layer
from nucleate.reports.pages import _peak_section as module
from support.folders import vouch_again

from .conftest import read
from .mountains import mountains


def test_every_number_of_the_table_is_that_of_the_peaks(page, labelled):
    found = peak_layer(labelled)
    head, *rows = next(table for table in page.tables() if table[0][:3] == ["Peak", "Samples", "In the halo"])
    assert len(rows) == len(found.rows)
    for row, peak in zip(rows, found.rows, strict=True):
        written = dict(zip(head, row, strict=True))
        assert written["Peak"] == str(peak.number)
        assert written["Samples"] == str(peak.population)
        assert written["Most frequent subclass"] == peak.name
        assert written["Sample at the peak"] == peak.id


def test_says_which_layer_and_why(page, labelled):
    number = labelled.scores("peaks").filter(pl.col("layer") == "2")["value"].item()
    assert "Density peaks at 2" in [e.text for e in page.all("h2")]
    assert "2 is the last probed layer before the output." in page.text
    assert f"it has {number:.0f} significant peak" in page.text


def test_runs_without_labels_have_no_bars_and_no_names(unlabelled):
    page = read(report(unlabelled))
    assert "Numbers of the" in page.text
    assert "What each peak is made of" not in page.text
    assert "marked sample has another" not in page.text
    assert len(page.all("figure", class_="cluster peak")) >= 1


def test_one_level_is_named_and_coloured_by_that_level(one_level):
    page = read(report(one_level))
    assert "shares of each class" in page.text


def test_runs_without_peaks_have_no_section(labelled, tmp_path):
    import shutil

    root = tmp_path / "run"
    shutil.copytree(labelled.root, root)
    labelled.profile.filter(pl.col("measure") != "peaks").write_parquet(root / "profile.parquet")
    vouch_again(root)
    page = read(report(root))
    assert not [e for e in page.all("h2") if e.text.startswith("Density peaks")]


def test_strips_keep_within_the_room(labelled):
    found = peak_layer(labelled)
    strips = module.peak_gallery(labelled, found, budget=3000)
    assert sum(len(one.picture) + 300 for strip in strips for one in strip.shown) <= 3000
    assert all(not strip.shown for strip in module.peak_gallery(labelled, found, budget=0))


def test_many_peaks_scroll_and_few_strips_are_shown(labelled, monkeypatch):
    many = mountains(60, per_center=16)
    monkeypatch.setattr(module, "peak_layer", lambda run: many)
    section = module.peak_section(labelled, iter(range(1, 10)))
    assert section.drawings["tree"].long
    assert section.drawings["composition"].long
    assert not section.drawings["map"].long
    assert [drawing.number for drawing in section.drawings.values()] == [1, 2, 3, 4]
    monkeypatch.setattr(module, "peak_layer", lambda run: mountains(1))
    alone = module.peak_section(labelled, iter(range(1, 10))).drawings
    assert alone["tree"] is alone["map"] is None
    assert alone["composition"].number == 2
