"""Curves, histograms and maps of neighbourhoods: each number is one of the run's."""

import numpy as np
import polars as pl
import pytest

from nucleate.errors import UsageError
from nucleate.measures import overlap
from nucleate.reports import report
from nucleate.reports.figures._axes import close_ticks
from nucleate.reports.figures._histograms import draw_histograms, histograms
from nucleate.reports.figures._hubs import hubs
from nucleate.reports.figures._overlap_map import OverlapMap, draw_overlap_map, overlap_map
from nucleate.reports.pages import _overlap_curves as nucleation

from .conftest import drawn, read, run_arrays, two_levels

MEASURES = ("overlap", "label_overlap", "landscape", "entropy", "cka", "mutual_knn", "scale_profile")


@pytest.fixture(scope="module")
def whole(runs):
    """A run with everything that is drawn of neighbourhoods."""
    classes, labels = two_levels()
    return run_arrays(
        runs / "neighbourhoods" / "run", labels, classes, measures=MEASURES, more_k=(2, 8), class_fraction=0.5,
        subsample=(0.5,), references=("0", "output"),
    )  # fmt: skip


def values(curve):
    return {point.layer: point.value for point in curve.points}


def profile(run, measure, parameters, level=None):
    return dict(
        run.scores(measure, parameters=parameters, level=level).drop_nulls("value").select("layer", "value").rows()
    )


def test_each_curve_is_a_row_of_the_profile(whole):
    size = "n = 32, k = 4"
    wanted = {
        (nucleation.formation, "with the labels (letter)"): ("label_overlap", "k=5", "letter"),
        (nucleation.formation, "with the next layer"): ("overlap", "k=5 with=next"),
        (nucleation.sizes, "k = 8"): ("label_overlap", "k=8", "letter"),
        (nucleation.sizes, "k = 50 % of each class"): ("label_overlap", "fraction=0.5", "letter"),
        (nucleation.subsamples, size): ("label_overlap", "k=4 subsample=0.5", "letter"),
        (nucleation.alignment, "Gaussian CKA"): ("cka", "gaussian bandwidth=0.2 debiased with=output"),
        (nucleation.alignment, "mutual kNN (cosine)"): ("mutual_knn", "k=10 cosine with=output"),
        (nucleation.bandwidths, "σ = 2 d₁"): ("cka", "gaussian bandwidth=2 debiased with=output"),
        (nucleation.estimators, "two-NN, 95 %"): ("intrinsic_dimension", "two-nn fraction=0.95"),
        (nucleation.scales, "all"): ("intrinsic_dimension", "two-nn likelihood part=1"),
        (nucleation.entropy, "of neighbourhoods"): ("neighborhood_entropy", "k=5"),
        (nucleation.entropy, "of hubs"): ("hub_entropy", "k=5 top=10"),
    }
    for (figure, name), of in wanted.items():
        (curve, *_) = [curve for curve in figure(whole).curves if curve.name == name]
        assert values(curve) == profile(whole, *of), name


def test_a_layer_has_all_neighbours_in_common_with_itself(whole):
    for curve in nucleation.references(whole).curves:
        found = values(curve)
        assert list(found) == ["input", "0", "2", "output"]
        assert found.pop(curve.name) == 1
        assert found == profile(whole, "overlap", f"k=5 reference={curve.name}")


def test_runs_without_these_measures_have_no_such_figures(labelled):
    for figure in ("references", "sizes", "subsamples", "alignment", "bandwidths", "scales", "entropy"):
        assert not getattr(nucleation, figure)(labelled)


def test_histograms_count_every_sample(whole):
    found = histograms(whole)
    assert found[0].layer == "input"
    assert found[-1].layer == "output"
    for histogram in found:
        each = whole.overlaps(histogram.layer)["label_overlap_letter"].to_numpy()
        expected = [np.isclose(each, count / 5).mean() for count in range(6)]
        assert histogram.shares == pytest.approx(expected)
        assert (histogram.none, histogram.full) == (expected[0], expected[-1])
    for width in (740, 340):
        assert draw_histograms(found, width).count("<rect") == 6 * len(found)


def test_many_neighbours_share_bins(runs):
    classes, labels = two_levels()
    run = run_arrays(runs / "bins", labels, classes, measures=("label_overlap",), k=40)
    assert all(len(found.shares) == 16 and found.shares.sum() == pytest.approx(1) for found in histograms(run))


def test_the_map_of_pairs_is_symmetric_and_true(whole):
    found = overlap_map(whole)
    assert np.array_equal(found.values, found.values.T)
    assert np.diag(found.values).tolist() == [1] * 4
    first, last = (whole.neighbors(layer) for layer in ("input", "output"))
    assert found.values[0, 3] == overlap(first, last).value


def test_cells_of_one_colour_are_one_shape():
    found = OverlapMap(tuple("abc"), np.array([[1, 0.31, 0.35], [0.31, 1, 0.9], [0.35, 0.9, 1]]), 0.1)
    drawing = draw_overlap_map(found, 340)
    assert "a and b … c: 0.31 to 0.35" in drawing
    assert drawing.count("<title>") == 2 + 2 + 2
    assert found.extremes == [("a", 1)]
    still = OverlapMap(("a", "b", "c"), np.full((3, 3), 0.8), 0.1)
    assert still.extremes == []


def test_without_overlaps_there_is_no_map(runs, labelled):
    classes, labels = two_levels()
    run = run_arrays(runs / "no-overlap", labels, classes, measures=("landscape",))
    assert overlap_map(run) is None
    assert histograms(run) == []
    with pytest.raises(UsageError, match="no overlaps between layers"):
        _ = run.layer_overlaps
    with pytest.raises(UsageError, match="no image entropies"):
        _ = labelled.entropies


def test_the_page_shows_them_all(whole):
    page = read(drawn(whole))
    captions = " ".join(element.text for element in page.all("figcaption"))
    for told in (
        "How label overlap spreads over samples", "for every pair of layers", "with those of 0 and output",
        "with other numbers of neighbours", "with fewer samples", "Similarity of each layer to the output",
        "Gaussian CKA for several widths", "by several estimators", "ever smaller parts", "the entropy of the values",
        "The image entropy of those shown is",
    ):  # fmt: skip
        assert told in captions, told
    numbers = [element.text for element in page.all("summary") if element.text.startswith("Numbers of figure")]
    assert len(numbers) == len(set(numbers))


def test_runs_of_two_networks_share_an_axis(whole, one_level):
    shown = nucleation.compared({"a": whole, "b": one_level})
    assert shown.panels == ("Label overlap of the finest classes", "Intrinsic dimension")
    assert nucleation.compared({"a": whole, "b": whole}).panels[0] == "Label overlap: letter"
    assert [curve.name for curve in shown.curves] == ["a", "b", "a", "b"]
    page = read(report([whole, one_level], out=whole.root.parent / "two.html"))
    assert "Above, the share of nearest neighbours" in page.text


def test_hubs_of_any_layer(whole):
    found = hubs(whole, budget=10**6, layer="output")
    assert (found.layer, found.inner) == ("output", False)
    counts = np.bincount(whole.neighbors("output").indices.ravel(), minlength=72)
    assert [hub.occurrence for hub in found.shown] == sorted(counts, reverse=True)[:16]
    rows = [hub.sample.row for hub in found.shown]
    known = whole.entropies
    assert found.entropy[0] == pytest.approx(known.filter(pl.col("row").is_in(rows))["entropy"].mean())
    with pytest.raises(UsageError, match="no layer 'ouput'"):
        hubs(whole, budget=1, layer="ouput")


@pytest.mark.parametrize(("low", "high"), [(7.1, 7.4), (0.0, 1e-9), (-3.0, 12.0), (2.5, 2.5)])
def test_close_ticks_hold_all_values(low, high):
    marks = close_ticks([low, high])
    assert marks[0] <= low <= high <= marks[-1]
    assert 2 <= len(marks) <= 8
