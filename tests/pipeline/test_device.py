import json
from pathlib import Path

import pytest

from nucleate.errors import UsageError
from nucleate.pipeline import Run
from nucleate.pipeline.request import _batch_size as rule
from support.small_run import contents, run_probe


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_mixed_precision_is_refused_without_cuda(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(UsageError, match=rf"dtype='{dtype}' is for CUDA, and the network would run on cpu"):
        run_probe(tmp_path / "run", dtype=dtype, device="cpu")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "cuda:99"}, "cannot use the device 'cuda:99'"),
        ({"dtype": "float64"}, "dtype='float64'"),
        ({"batch_size": 0}, "batch_size=0: a batch holds at least 1 row"),
        ({"batch_size": "some"}, "batch_size='some': input should be a valid integer"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run_probe(tmp_path / "run", **options)


def test_precision_is_part_of_what_activations_depend_on(finished: Run) -> None:
    assert finished.about["extraction"]["settings"]["dtype"] == "float32"


def test_an_automatic_batch_size_is_a_number_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "available_memory", lambda: 20_000)
    run = run_probe(tmp_path / "auto", batch_size="auto")
    chosen = run.about["request"]["batch_size"]
    assert isinstance(chosen, int)
    assert 1 < chosen < 32
    assert contents(tmp_path / "auto") == contents(run_probe(tmp_path / "given", batch_size=chosen).root)

    # More memory now, and still the same number: nothing is computed again.
    before = contents(tmp_path / "auto")
    monkeypatch.setattr(rule, "available_memory", lambda: 10**12)
    assert contents(run_probe(tmp_path / "auto", batch_size="auto").root) == before
    assert run_probe(tmp_path / "roomy", batch_size="auto").about["request"]["batch_size"] == 32


def test_memory_bounds_the_automatic_batch_size(tmp_path: Path) -> None:
    run = run_probe(tmp_path / "run", batch_size="auto", memory=0.5)
    assert run.about["request"]["batch_size"] == 32


def test_a_run_begun_with_auto_goes_on_with_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "available_memory", lambda: 20_000)
    run = run_probe(tmp_path / "run", batch_size="auto")
    whole = contents(run.root)
    chosen = json.loads(whole["run.json"])["request"]["batch_size"]
    for name in whole:
        if name.startswith("activations/000001") or name == "manifest.json":
            (run.root / name).unlink()
    monkeypatch.setattr(rule, "available_memory", lambda: 10**12)
    assert contents(run_probe(tmp_path / "run", batch_size="auto").root) == whole
    assert chosen < 32
