from pathlib import Path

import numpy as np

from nucleate.data import from_table
from nucleate.models import load
from nucleate.pipeline import Reporter, probe
from nucleate.reports.content._summary import probed
from support.small_run import contents
from support.small_transformers import WORDS, save_text_model


def test_a_run_over_texts(tmp_path: Path) -> None:
    network = load(f"hf:{save_text_model(tmp_path / 'bert')}")
    generator = np.random.default_rng(0)
    rows: list[str | None] = [" ".join(generator.choice(WORDS, 1 + row % 7)) for row in range(49)]
    rows += [None, "dog " * 60]
    kinds = [("p", "q", "r", "s")[row % 4] for row in range(len(rows))]
    frame = {"text": rows, "kind": ["a" if kind in "pq" else "b" for kind in kinds], "sort": kinds}
    samples = from_table(frame, text_column="text", levels=["kind", "sort"])
    options = {"k": 4, "factors": (1, 2), "layers": "residual", "reporter": Reporter(stream=None)}
    run = probe(network, samples, out=tmp_path / "run", workers=0, **options)  # type: ignore[arg-type]
    assert run.about["samples"]["cut"] == 1
    assert "longer than the network reads: 1" in dict(probed(run))["Samples"]
    assert run.about["extraction"]["environment"]["transformers"] == network.libraries["transformers"]
    assert run.levels == ("kind", "sort")
    assert run.failed["reason"].to_list() == ["the text is missing"]
    assert run.samples["text"].to_list()[:2] == rows[:2]
    assert len(run.layer_names) == 7
    again = probe(network, samples, out=tmp_path / "again", workers=2, **options)  # type: ignore[arg-type]
    assert contents(again.root) == contents(run.root)
