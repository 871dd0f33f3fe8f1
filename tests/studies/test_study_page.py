"""The report of the studies and the table of verdicts."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from nucleate import studies
from nucleate.studies.claims._verdicts import exceeds
from nucleate.studies.execute._outcome import Outcome, save
from nucleate.studies.figures._markup import harmless
from nucleate.studies.figures._pictures import Picture
from nucleate.studies.publish._page import PAGE, TABLE, anchor
from nucleate.studies.publish._verdict_table import as_markdown, as_summary, verdict_rows
from support.tiny_studies import declare, make_study, setting

DRAWN = '<svg viewBox="0 0 8 8" onload="steal()"><script>steal()</script><path d="M0 0L8 8"/></svg>'


def outcome(id_: str = "T-fig1", name: str = "digits", effects: tuple[float, ...] = (0.2, 0.3, 0.25)) -> Outcome:
    finding = exceeds(effects, 0.1, what="The gap", unit="AMI")
    table = pl.DataFrame({"layer": ["<b>", "out"], "value": [0.5, None]})
    picture = Picture("A gap & more.", DRAWN, table)
    return Outcome(
        id_, name, "small", (("There is a gap | a wide one.", finding),), (picture,), ("probes/a-0", "probes/b-1")
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Outcomes of two studies, one of them in two settings, and of one that is not declared any more."""
    first = make_study("T-fig1", [setting("digits"), setting("photos <i>", data="grocery")])
    declare(monkeypatch.setattr, first, make_study("T-fig2", [setting()]))
    save(outcome(), tmp_path)
    save(outcome("T-fig2", effects=(0.01, -0.01, 0.0)), tmp_path)
    save(outcome("T-fig1", "photos <i>", effects=(0.5,)), tmp_path)
    save(outcome("T-fig9"), tmp_path)
    return tmp_path


def test_the_page(folder: Path) -> None:
    path = studies.report(folder)
    page = path.read_text("utf-8")
    assert path == folder / PAGE
    assert "3 claims were tested" in page
    for verdict, mark in (("confirmed", "✓"), ("refuted", "✗"), ("undecided", "?")):
        assert f'<span class="verdict {verdict}"><span aria-hidden="true">{mark}</span> {verdict}</span> 1' in page
    for target in re.findall(r'href="#([^"]+)"', page):
        assert page.count(f'id="{target}"') == 1, target
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "T-fig9" not in page
    assert page.count("Other claims are declared by now") == 3
    assert "The authors looked." in page
    assert "photos &lt;i&gt;" in page
    assert "<td><bdi>&lt;b&gt;</bdi></td>" in page
    assert "A gap &amp; more." in page
    assert "steal" not in page
    assert '<svg viewBox="0 0 8 8"><path d="M0 0L8 8"/></svg>' in page
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    assert path.read_bytes() == studies.report(folder).read_bytes()


def test_the_table_of_verdicts(folder: Path) -> None:
    studies.report(folder)
    lines = (folder / TABLE).read_text("utf-8").splitlines()
    claim = "There is a gap \\| a wide one."
    assert lines[2] == f"| T-fig1 | digits | {claim} | ✓ confirmed | 0.25 AMI | 0.13 to 0.37 | > 0.10 | 3 seeds |"
    assert lines[3].endswith("| ? undecided | 0.50 AMI | – | > 0.10 | 1 (seeds) |")
    assert lines[4].startswith("| T-fig2 | digits | There is a gap \\| a wide one. | ✗ refuted | 0 AMI |")
    assert as_markdown(verdict_rows([])).count("\n") == 2


def test_the_summary_has_one_row_for_each_claim_and_tells_every_set_of_data() -> None:
    found = [outcome(), outcome(name="photos", effects=(0.5,)), outcome("T-fig2")]
    lines = as_summary(verdict_rows(found)).splitlines()
    told = "✓ digits 0.25 AMI (0.13 to 0.37); ? photos 0.50 AMI"
    assert lines[2:] == [
        f"| T-fig1 | There is a gap \\| a wide one. | {told} |",
        "| T-fig2 | There is a gap \\| a wide one. | ✓ digits 0.25 AMI (0.13 to 0.37) |",
    ]


def test_anchors_are_one_word() -> None:
    assert anchor("A-fig1", "small", 'a "b" <c>') == "A-fig1-small-a--b---c-"


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<p onclick='x()' class=a>1 &lt; 2 &amp; 3</p>", '<p class="a">1 &lt; 2 &amp; 3</p>'),
        ("<SCRIPT>alert(1)</SCRIPT><b>x</b>", "<b>x</b>"),
        ("<script><b>x</b></script >y", "y"),
        ("<svg><foreignObject><p>x</p></foreignObject><g/></svg>", "<svg><g/></svg>"),
        ('<a href="https://elsewhere.org">x</a>', "x"),
        ('<img src="data:image/png;base64,AA" alt="a">', '<img src="data:image/png;base64,AA" alt="a">'),
        ('<img src="//elsewhere.org/x.png">', "<img>"),
        ('<path fill="url(#g)" stroke="url(https://elsewhere.org)"/>', '<path fill="url(#g)"/>'),
        ('<meta http-equiv="refresh" content="0;url=x"><b>x</b>', "<b>x</b>"),
        ("<iframe src=x>inside</iframe>after", "after"),
        ("<!-- <b> --><b>x</b><?php x ?>", "<b>x</b>"),
        ('<svg><clipPath id="c"><rect/></clipPath></svg>', '<svg><clipPath id="c"><rect/></clipPath></svg>'),
    ],
)
def test_pictures_from_files_do_no_harm(markup: str, kept: str) -> None:
    assert harmless(markup) == kept
    assert harmless(harmless(markup)) == kept
