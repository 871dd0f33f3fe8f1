import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from nucleate.errors import StorageError
from nucleate.storage import encode_tensors, read_tensor, read_tensors, tensor_names, write_bytes

TENSORS = {
    "layer1.0": np.arange(12, dtype=np.float32).reshape(3, 4),
    "indices": np.array([[1, 2]], np.int32),
    "distances": np.array([0.5]),
    "empty": np.zeros((0, 3), np.float32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_bytes(tmp_path / "x.safetensors", encode_tensors(TENSORS))
    return tmp_path / "x.safetensors"


def test_reads_what_the_reference_library_reads(path: Path) -> None:
    reference = load_file(path)
    ours = read_tensors(path)
    assert set(tensor_names(path)) == set(reference) == set(TENSORS)
    for name, values in reference.items():
        np.testing.assert_array_equal(ours[name], values)
        assert ours[name].dtype == values.dtype


def test_only_the_asked_bytes_are_needed(path: Path) -> None:
    """Damage in one tensor leaves the others readable."""
    header = json.loads(path.read_bytes()[8 : 8 + int.from_bytes(path.read_bytes()[:8], "little")])
    last = max(header, key=lambda name: header[name]["data_offsets"][1])
    path.write_bytes(path.read_bytes()[:-1])
    others = [name for name in TENSORS if name != last]
    for name in others:
        np.testing.assert_array_equal(read_tensor(path, name), TENSORS[name])
    with pytest.raises(StorageError, match="does not fit the file"):
        read_tensor(path, last)


def test_every_truncation_is_an_error_or_the_right_values(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        for name, values in TENSORS.items():
            try:
                found = read_tensor(path, name)
            except StorageError:
                continue
            np.testing.assert_array_equal(found, values)


def test_a_header_that_claims_everything_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.safetensors"
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")
    with pytest.raises(StorageError, match="header is cut short"):
        tensor_names(path)
    header = json.dumps({"x": {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 2**62]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(StorageError, match="does not fit the file"):
        read_tensor(path, "x")


def test_an_unknown_tensor_and_a_missing_file_are_named(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="holds no tensor 'layer9'"):
        read_tensor(path, "layer9")
    with pytest.raises(StorageError, match=r"nothing\.safetensors"):
        read_tensor(tmp_path / "nothing.safetensors", "x")
