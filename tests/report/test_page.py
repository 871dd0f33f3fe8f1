"""A report as a reader meets it: true numbers, plain text, nothing from outside."""

import base64
import hashlib
import os
import shutil
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from nucleate.errors import RunFolderError, UsageError
from nucleate.measures import MEASURES
from nucleate.pipeline import Run
from nucleate.reports import report
from nucleate.reports.content._wording import count, interval, number
from nucleate.reports.pages import _page as page_module
from support.folders import vouch_again

from .conftest import NASTY, NASTY_FOLDER, drawn, read, run_arrays, two_levels

HEADINGS = ("h1", "h2", "h3", "h4")


# --- where it is written


def test_lies_in_the_run_folder(labelled):
    path = report(labelled.root)
    assert path == labelled.root / "report.html"
    assert path.read_bytes().startswith(b"<!doctype html>")
    assert not list(labelled.root.glob("*.tmp"))


def test_the_same_folder_gives_the_same_bytes(page, labelled, tmp_path):
    assert drawn(Run(labelled.root)).read_text("utf-8") == page.source
    here = report(str(labelled.root)).read_text("utf-8")
    away = report([labelled], out=tmp_path / "deep" / "a.html").read_text("utf-8")
    way = Path(os.path.relpath(labelled.root, tmp_path / "deep")).as_posix()
    assert way in away
    different = [line for line in away.splitlines() if line not in here.splitlines()]
    assert len(different) == 3  # where the files are, how to read them, how to write the page again


@pytest.mark.parametrize("runs", [[], ()])
def test_no_run_is_an_error(runs):
    with pytest.raises(UsageError, match="without a run"):
        report(runs)


def test_a_run_given_twice_is_an_error(labelled):
    with pytest.raises(UsageError, match="given twice"):
        report([labelled, labelled.root / ".." / labelled.root.name])


def test_a_folder_without_a_run_is_an_error(tmp_path):
    with pytest.raises(RunFolderError, match="not a run folder"):
        report(tmp_path)


# --- what it says


def test_states_what_was_probed(page, labelled):
    facts = dict(zip((e.text for e in page.all("dt")), (e.text for e in page.all("dd")), strict=True))
    assert facts["Network"].startswith("tiny")
    assert facts["Analysed"] == "70 samples; 2 more could not be read"
    assert facts["Labels"] == "superclass (3) > subclass (6)"
    assert facts["Neighbours"].startswith("k = 5")
    assert "overclustering factors 1–3" in facts["Clusters"]
    assert labelled.about["versions"]["torch"] in facts["Versions"]


def test_states_the_best_layer_with_interval_and_chance(page, labelled):
    best = labelled.best_layer()
    row = labelled.scores("ami", parameters="factor=1").filter(pl.col("layer") == best).row(0, named=True)
    told = (
        f"recover subclass best at {best} (depth {number(row['depth'], 2)}): mean AMI {number(row['value'])} over "
        f"2 superclasses (95 % interval over superclasses {interval(row['low'], row['high'])}; chance 0)."
    )
    assert told in page.text


def test_admits_when_the_input_clusters_better(page, labelled):
    scores = dict(labelled.scores("ami", parameters="factor=1").select("layer", "value").rows())
    beaten = scores["input"] >= scores[labelled.best_layer()]
    assert ("The input itself, which does not compete, scores as high or higher" in page.text) == beaten
    assert beaten, "the fixture should show the case"


def test_every_number_of_every_figure_is_the_profiles(page, labelled):
    drawn = {
        "AMI": ("ami", None, "factor=1"),
        "ARI": ("ari", None, "factor=1"),
        "Purity": ("purity", None, "factor=1"),
        "AMI, factor 3": ("ami", None, "factor=3"),
        "Purity, factor 2": ("purity", None, "factor=2"),
        "superclass": ("label_overlap", "superclass", None),
        "subclass": ("label_overlap", "subclass", None),
        "with the output": ("overlap", None, "k=5 with=output"),
        "with the input": ("overlap", None, "k=5 with=input"),
        "with the next layer": ("overlap", None, "k=5 with=next"),
        "with the labels (subclass)": ("label_overlap", "subclass", "k=5"),
        "Intrinsic dimension": ("intrinsic_dimension", None, "two-nn fraction=0.9"),
        "two-NN, likelihood": ("intrinsic_dimension", None, "two-nn likelihood"),
        "Gride, rank 2": ("intrinsic_dimension", None, "gride rank=2"),
        "Number of density peaks": ("peaks", None, None),
        "ARI of density peaks, subclass": ("peak_ari", "subclass", None),
        "Hubness": ("hubness", None, None),
    }
    checked = set()
    for head, *rows in page.tables():
        for column, name in enumerate(head):
            if head[:2] != ["Layer", "Depth"] or name not in drawn:
                continue
            measure, level, parameters = drawn[name]
            scores = labelled.scores(measure, level=level, parameters=parameters)
            written = {row[0]: row[column] for row in rows if row[column] != "–"}
            assert written == {row["layer"]: as_written(row) for row in scores.iter_rows(named=True)}
            checked.add(name)
    assert checked == drawn.keys()


def as_written(row):
    digits = {"peaks": 0, "intrinsic_dimension": 1, "hubness": 2}.get(row["measure"], 3)
    text = number(row["value"], digits)
    if row["low"] is not None:
        text += f" [{interval(row['low'], row['high'], digits)}]"
    return text if row["chance"] is None else f"{text} | {number(row['chance'])}"


def test_marks_of_the_drawings_carry_the_same_numbers(page, labelled):
    row = labelled.scores("ami", parameters="factor=1").filter(pl.col("layer") == "2").row(0, named=True)
    value = f"AMI: {number(row['value'])} (95 % {interval(row['low'], row['high'])}; chance 0)"
    told = f"2, depth {number(row['depth'], 2)} — {value}"
    assert len([e for e in page.all("path") if e.attributes.get("aria-label") == told]) == 2  # wide and narrow


def test_superclasses_at_the_best_layer(page, labelled):
    at_best = labelled.profile.filter(pl.col("layer") == labelled.best_layer())
    head, *rows = next(table for table in page.tables() if table[0][:2] == ["superclass", "Subclasses"])
    written = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(written) == ["loops", "strokes", "Mean of 2"] or list(written) == ["strokes", "loops", "Mean of 2"]
    for name in ("loops", "strokes"):
        of_group = at_best.filter(pl.col("group") == name)
        for column, measure in {"AMI": "ami", "ARI": "ari", "Purity": "purity"}.items():
            score = of_group.filter((pl.col("measure") == measure) & (pl.col("parameters") == "factor=1"))
            assert written[name][column] == number(score["value"].item())
        overlap = of_group.filter((pl.col("measure") == "label_overlap") & (pl.col("level") == "subclass"))
        assert written[name]["Label overlap"] == number(overlap["value"].item())
        assert written[name]["Chance"] == number(overlap["chance"].item())
        assert written[name]["Samples"] == count(overlap["n"].item())
        ties = of_group.filter(pl.col("measure") == "tied_merges")["value"].item()
        assert written[name]["Tied merges"] == count(int(ties))


def test_left_out_superclasses_are_named_with_the_reason(page):
    assert "Left out of all means: 1 superclass (only one subclass: any clustering would score 1): curves." in page.text


def test_unreadable_samples_are_listed(page, labelled):
    table = next(table for table in page.tables() if table[0] == ["Row", "Sample", "Split", "Reason"])
    failed = labelled.failed
    assert [row[1] for row in table[1:]] == failed["id"].to_list()
    assert [row[3] for row in table[1:]] == [" ".join(reason.split()) for reason in failed["reason"]]


def test_a_long_list_of_unreadable_samples_is_cut_and_counted(labelled, monkeypatch):
    monkeypatch.setattr(page_module, "FAILED_SHOWN", 1)
    page = read(report(labelled))
    assert "2 samples could not be read." in page.text
    assert "The first 1 are listed; all are in samples.parquet" in page.text
    first, rest = (table for table in page.tables() if table[0] == ["Row", "Sample", "Split", "Reason"])
    assert (len(first), len(rest)) == (2, 2)
    assert "The other 1" in page.text


def test_explains_each_measure_once(page):
    for name in ("ami", "ari", "purity", "label_overlap", "overlap"):
        assert page.text.count(f"{MEASURES[name].citation}.") >= 1
        assert MEASURES[name].description in page.text
    assert MEASURES["cka"].description not in page.text
    assert "nc.probe(" in page.text
    assert "factors=[1, 2, 3]" in page.text


# --- how it is made


def test_asks_for_nothing_from_outside(page):
    assert "http://" not in page.source
    assert "https://" not in page.source
    for element in page.elements:
        for name in ("src", "href", "xlink:href", "data", "srcset", "action"):
            target = element.attributes.get(name, "#")
            assert target.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,")), (element.tag, target)
        assert "style" not in element.attributes, "the policy forbids style attributes"
        assert "url(" not in " ".join(element.attributes.values())
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text


def test_policy_allows_our_own_style_and_script_only(page):
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0].attributes["content"]
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256("".join(element.texts).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_can_be_read_without_eyes_and_mouse(page):
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("title")[0].text.startswith("tiny on ")
    levels = [int(e.tag[1]) for e in page.elements if e.tag in HEADINGS]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert all(e.attributes["alt"] for e in page.all("img"))
    assert all(e.attributes["role"] == "img" and e.attributes["aria-label"] for e in page.all("svg"))
    charts = page.all("figure", class_="chart")
    assert len(charts) == len([e for e in page.all("summary") if e.text.startswith("Numbers of figure")]) >= 4
    assert len(page.all("svg")) >= 2 * len(charts)
    assert all(e.attributes.get("tabindex") == "0" for e in page.all("div", class_="scroll"))


def test_links_lead_somewhere_and_ids_are_unique(labelled, other):
    for source in (report(labelled), report([labelled, other], out=labelled.root / "both.html")):
        page = read(source)
        ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
        assert len(ids) == len(set(ids))
        assert {e.attributes["href"][1:] for e in page.all("a")} <= set(ids)


# --- other kinds of runs


def test_unlabelled_samples(unlabelled):
    page = read(report(unlabelled))
    assert "The samples are unlabelled: clusters, purity, AMI, ARI and label overlap are left out." in page.text
    assert "The network’s input is not among the probed layers" in page.text
    assert "The network’s output is not among the probed layers" in page.text
    assert not {"Clusters", "Superclasses"} & {e.text for e in page.all("h2")}
    assert "Neighbourhoods" in [e.text for e in page.all("h2")]
    assert MEASURES["ami"].description not in page.text
    assert not page.all("figure", class_="cluster")


def test_one_level(one_level):
    page = read(report(one_level))
    assert f"Ward clusters of all samples recover class best at {one_level.best_layer()}" in page.text
    assert "With one group there is no interval." in page.text
    table = next(table for table in page.tables() if table[0][:2] == ["Group", "Classes"])
    assert table[1][:3] == ["all samples", "5", "60"]
    assert not page.all("table", class_="heat")
    assert len(page.all("figure", class_="cluster")) == 5


def test_measures_that_were_not_asked_for(other, tmp_path):
    classes, labels = two_levels()
    run = run_arrays(tmp_path / "run", labels, classes, measures=("overlap",), layers=("2", "output"))
    page = read(report(run))
    assert "Clusters (purity, AMI, ARI) were not asked for." in page.text
    assert "Label overlap was not asked for." in page.text
    assert len(page.all("figure", class_="chart")) == 1
    both = read(report([run, other], out=tmp_path / "both.html"))
    row = next(table for table in both.tables() if table[0][:2] == ["Run", "Best layer"])[1]
    assert set(row[1:]) == {"–"}


def test_several_runs(labelled, other):
    page = read(report([labelled, other], out=labelled.root.parent / "compared.html"))
    assert [e.text for e in page.all("h2")] == ["Comparison", "Run first", "Run second", "How to read this"]
    head, *rows = next(table for table in page.tables() if table[0][:2] == ["Run", "Best layer"])
    for row, run in zip(rows, (labelled, other), strict=True):
        written = dict(zip(head, row, strict=True))
        best = run.best_layer()
        score = run.scores("ami", parameters="factor=1").filter(pl.col("layer") == best).row(0, named=True)
        assert written["Best layer"] == best
        assert written["AMI"] == f"{number(score['value'])} ({interval(score['low'], score['high'])})"
    columns = {name for table in page.tables() if table[0][:2] == ["Layer", "Depth"] for name in table[0]}
    assert {"AMI, first", "AMI, second", "Overlap with the output, first"} <= columns
    assert ["Samples", "pictures, 72 in all", "patterns, 72 in all"] in [
        row for table in page.tables() for row in table
    ]


def test_measures_this_report_knows_nothing_about_are_drawn_too(other, tmp_path):
    root = tmp_path / "run"
    shutil.copytree(other.root, root)
    profile = other.profile
    added = profile.filter((pl.col("measure") == "label_overlap") & pl.col("group").is_null())
    added = added.with_columns(measure=pl.lit("brand_new"), value=40 * pl.col("value"), low=None, high=None)
    pl.concat([profile, added.cast(dict(profile.schema))]).write_parquet(root / "profile.parquet")
    vouch_again(root)
    page = read(report(root))
    assert "Other measures" in [e.text for e in page.all("h2")]
    assert any("letter" in table[0] for table in page.tables())


# --- names are text


def test_names_never_execute(nasty, nasty_page, other, tmp_path):
    for page in (nasty_page, read(report([nasty, other], out=tmp_path / "both.html"))):
        assert len(page.all("script")) == 1
        assert len(page.all("style")) == 1
        assert not page.all("b", src="x")
        assert not [name for e in page.elements for name in e.attributes if name.startswith("on")]
        assert all(e.attributes["src"].startswith("data:image/") for e in page.all("img"))
        assert {e.tag for e in page.elements} <= ALLOWED
        for name in (*NASTY[:3], *nasty.layer_names, "</title><script>alert(2)</script>", *nasty.levels):
            assert " ".join(name.split()) in page.text, name
        assert "49" not in page.all("h1")[0].text


# fmt: off
ALLOWED = {
    "a", "b", "bdi", "body", "caption", "circle", "cite", "code", "dd", "details", "div", "dl", "dt", "figcaption",
    "figure", "footer", "g", "h1", "h2", "h3", "h4", "head", "header", "html", "img", "li", "line", "main", "math",
    "meta", "mfrac", "mi", "mn", "mo", "mrow", "mspace", "msub", "msubsup", "munder", "nav", "ol", "p", "path",
    "pre", "rect", "script", "section", "span", "strong", "style", "sub", "summary", "svg", "table", "tbody", "td",
    "text", "tfoot", "th", "thead", "title", "tr", "tspan", "ul",
}
# fmt: on


def test_layer_names_reach_the_drawings_unchanged(nasty, nasty_page):
    written = {e.text for e in nasty_page.all("text")}
    assert {" ".join(name.split()) for name in nasty.layer_names} <= written


def test_the_name_of_a_run_folder_is_text(nasty, other, tmp_path):
    page = read(report([nasty, other], out=tmp_path / "both.html"))
    assert any(NASTY_FOLDER in e.text for e in page.all("h2"))


# --- size


def test_a_report_is_bounded(labelled, monkeypatch):
    whole = len(report(labelled).read_bytes())
    monkeypatch.setattr(page_module, "PICTURE_BYTES", 20_000)
    path = report(labelled)
    shown = len(read(path).all("img"))
    assert 0 < shown * 300 < 20_000
    assert len(path.read_bytes()) < whole
    monkeypatch.setattr(page_module, "LIMIT", 10_000)
    with pytest.raises(RuntimeError, match="would take"):
        report(labelled)


def test_many_layers_and_superclasses_fit(labelled, tmp_path):
    """A run of 60 layers and 202 superclasses, made by repeating parts of a small one."""
    root = tmp_path / "run"
    shutil.copytree(labelled.root, root)
    more_layers = [f"features.{place}.conv" for place in range(56)]
    more_groups = [f"group {place}" for place in range(200)]

    layers = labelled.layers.filter(pl.col("name") == "2")
    layers = [layers.with_columns(name=pl.lit(name)) for name in more_layers]
    pl.concat([labelled.layers[:3], *layers, labelled.layers[3:]]).write_parquet(root / "layers.parquet")

    at_layer = labelled.profile.filter(pl.col("layer") == "2")
    profile = pl.concat([labelled.profile, *(at_layer.with_columns(layer=pl.lit(name)) for name in more_layers)])
    of_group = profile.filter(pl.col("group") == "loops")
    profile = pl.concat([profile, *(of_group.with_columns(group=pl.lit(name)) for name in more_groups)])
    profile.write_parquet(root / "profile.parquet")

    one = labelled.samples[:1]
    rows = [
        one.with_columns(superclass=pl.lit(name), row=place + pl.col("row"))
        for place, name in enumerate(more_groups, 72)
    ]
    pl.concat([labelled.samples, *rows]).cast(dict(labelled.samples.schema)).write_parquet(root / "samples.parquet")
    vouch_again(root)

    path = report(root)
    assert path.stat().st_size < 8 * 2**20
    page = read(path)
    assert len(page.all("table", class_="heat dense")) == 1
    superclasses = next(table for table in page.tables() if table[0][:2] == ["superclass", "Subclasses"])
    assert len(superclasses) == 1 + 202 + 1
