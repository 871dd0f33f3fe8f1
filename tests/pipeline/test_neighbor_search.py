"""Searches that read their rows from storage, keep what they have found, and go on after a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nucleate.neighbors import KNNSearch, knn
from nucleate.pipeline.analyses import _neighbors as analysis
from nucleate.pipeline.analyses._layer_data import Layered
from nucleate.pipeline.analyses._search_state import load_state, save_state
from nucleate.pipeline.folder._profile import Place
from nucleate.storage import BlockStore
from support.small_run import contents, run_probe

ROWS = 1300


def stored(folder: Path, seed: int = 0) -> Layered:
    """A layer of 1,300 rows in blocks of 100, every third row left out."""
    values = np.random.default_rng(seed).normal(size=(ROWS, 7)).astype(np.float32)
    store = BlockStore(folder / "activations", "name", ROWS, 100)
    for block in range(store.blocks):
        span = store.span(block)
        store.commit(block, {"layer": values[span.start : span.stop]}, facts={})
    return Layered(store, Place("layer", 0.5, "all", "mean"), np.flatnonzero(np.arange(ROWS) % 3), {})


def test_rows_are_read_where_they_lie(tmp_path: Path) -> None:
    layered = stored(tmp_path)
    whole, source = layered.activations(), layered.row_source()
    assert source.shape == whole.shape
    assert np.array_equal(source[5:230], whole[5:230])
    found, expected = knn(source, 9), knn(whole, 9)
    assert found.indices.tobytes() == expected.indices.tobytes()
    assert found.distances.tobytes() == expected.distances.tobytes()


def test_large_layers_are_streamed_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layered = stored(tmp_path)
    analysis.neighbor_task(layered, tmp_path / "held.json", k=9).perform()
    monkeypatch.setattr(analysis, "HELD_BYTES", 0)
    monkeypatch.setattr(Layered, "activations", None)
    analysis.neighbor_task(layered, tmp_path / "streamed.json", k=9).perform()
    held, streamed = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("held", "streamed"))
    assert held == streamed


def test_states_are_sealed(tmp_path: Path) -> None:
    path, state = tmp_path / "layer.search", {"progress": np.array([3, 128])}
    assert load_state(path, "search") is None
    save_state(path, "search", state)
    found = load_state(path, "search")
    assert found is not None
    assert found["progress"].tolist() == [3, 128]
    assert load_state(path, "another search") is None
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert load_state(path, "search") is None


def test_a_state_of_other_tiles_is_no_use(tmp_path: Path) -> None:
    layered = stored(tmp_path)
    task = analysis.neighbor_task(layered, tmp_path / "layer.json", k=9)
    other = KNNSearch(layered.activations(), 9, block_rows=200)
    next(other.steps())
    assert task.unfinished is not None
    save_state(task.unfinished, task.fingerprint, other.state())
    task.perform()
    assert not task.unfinished.exists()
    assert np.array_equal(analysis.read_neighbors(task.record).indices, knn(layered.activations(), 9).indices)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {room!r}]
from nucleate.neighbors import _search
from nucleate.pipeline.analyses import _neighbors as neighbors
import test_neighbor_search

_search._TILES_PER_STEP = 4
neighbors.SECONDS_BETWEEN_SAVES = 0.0
steps, save = _search.KNNSearch.steps, neighbors.save_state
out = Path(sys.argv[1])
saved = []

def save_and_die(path, fingerprint, state):
    save(path, fingerprint, state)
    saved.append(state["progress"][0])
    if len(saved) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

def told(self):
    print("from", self.done, flush=True)
    yield from steps(self)

neighbors.save_state = save_and_die
_search.KNNSearch.steps = told
task = neighbors.neighbor_task(test_neighbor_search.stored(out), out / "layer.json", k=9)
task.perform()
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_search_goes_on_with_the_same_bytes(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    code = KILLED.format(tests=str(tests), room=str(tests / "pipeline"))
    folders = [tmp_path / "whole", tmp_path / "killed"]

    def job(folder: Path, saves: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, str(folder), str(saves)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert job(folders[0], 0).returncode == 0
    first, second = job(folders[1], 2), job(folders[1], 3)
    assert first.returncode == second.returncode == -signal.SIGKILL
    last = job(folders[1], 0)
    assert last.returncode == 0, last.stderr
    begun = [int(told.stdout.split()[1]) for told in (first, second, last)]
    assert begun == [0, 8, 20]  # tiles: two saves, then three more, each after four tiles
    assert contents(folders[0]) == contents(folders[1])
    assert not (folders[1] / "layer.search").exists()


def test_what_a_finished_search_left_behind_goes(tmp_path: Path) -> None:
    run = run_probe(tmp_path / "run", layers="first", measures=("overlap",))
    (record,) = run.root.glob("neighbors/*.json")
    left = record.with_suffix(".search")
    left.write_bytes(b"left by a process that died right after its work")
    run_probe(tmp_path / "run", layers="first", measures=("overlap",))
    assert not left.exists()
