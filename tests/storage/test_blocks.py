from pathlib import Path

import numpy as np
import pytest

from nucleate.errors import StorageError
from nucleate.storage import BlockStore

ROWS, BLOCK_ROWS = 23, 5


@pytest.fixture
def layers() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    return {"a": generator.normal(size=(ROWS, 3)).astype(np.float32), "b": np.arange(ROWS, dtype=np.float32)[:, None]}


@pytest.fixture
def store(tmp_path: Path, layers: dict[str, np.ndarray]) -> BlockStore:
    store = BlockStore(tmp_path, "f" * 64, ROWS, BLOCK_ROWS)
    for block in range(store.blocks):
        span = store.span(block)
        store.commit(block, {name: values[span.start : span.stop] for name, values in layers.items()}, facts={})
    return store


def test_rows_come_back_as_they_went_in(store: BlockStore, layers: dict[str, np.ndarray]) -> None:
    assert store.blocks == 5
    assert len(store.span(4)) == 3
    for rows in (np.arange(ROWS), np.array([0]), np.array([22]), np.array([3, 4, 5, 17])):
        for name, values in layers.items():
            np.testing.assert_array_equal(store.read(name, rows), values[rows])


def test_another_fingerprint_sees_no_blocks(store: BlockStore) -> None:
    other = BlockStore(store.folder, "0" * 64, ROWS, BLOCK_ROWS)
    assert store.missing(range(5)) == []
    assert other.missing(range(5)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("damage", ["truncated", "no file", "no record", "torn record"])
def test_a_damaged_block_is_missing_and_not_read(store: BlockStore, damage: str) -> None:
    file, record = store.folder / "000002.safetensors", store.record_path(2)
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:-4])
    elif damage == "no file":
        file.unlink()
    elif damage == "no record":
        record.unlink()
    else:
        record.write_bytes(record.read_bytes()[:20])
    assert store.missing(range(5)) == [2]
    with pytest.raises(StorageError, match="Block 2"):
        store.read("a", np.array([10]))
    np.testing.assert_array_equal(store.read("b", np.array([9, 15])), [[9], [15]])


def test_a_layer_digest_depends_on_that_layer_alone(store: BlockStore, layers: dict[str, np.ndarray]) -> None:
    before = {name: store.layer_digest(name, range(5)) for name in layers}
    store.commit(1, {"a": layers["a"][5:10] + 1, "b": layers["b"][5:10]}, facts={})
    assert store.layer_digest("b", range(5)) == before["b"]
    assert store.layer_digest("a", range(5)) != before["a"]


def test_the_record_tells_range_and_missing_values(store: BlockStore) -> None:
    values = np.array([[1.0, np.nan], [-2.0, 5.0], [np.nan] * 2, [0, 0], [0, 0]], np.float32)
    store.commit(0, {"a": values}, facts={"failures": {"2": "empty"}})
    record = store.record(0)
    assert record is not None
    facts = record.facts
    assert facts["failures"] == {"2": "empty"}
    assert (facts["layers"]["a"]["min"], facts["layers"]["a"]["max"], facts["layers"]["a"]["nan"]) == (-2.0, 5.0, 3)
