"""safetensors files, written whole and read one tensor at a time without mapping the file.

A mapped file that another program truncates kills the reader with a signal; plain reads raise an error instead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from safetensors.numpy import save

from nucleate.errors import StorageError

_DTYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
_LARGEST_HEADER = 100_000_000  # the limit the format itself sets


def encode_tensors(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file; equal tensors give equal bytes."""
    return save(
        {name: np.ascontiguousarray(value) for name, value in tensors.items()}, metadata=dict(metadata or {}) or None
    )


def tensor_names(path: Path) -> list[str]:
    """The names of the tensors in a file, in the file's order."""
    return list(_read_header(path)[0])


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a file."""
    return {name: read_tensor(path, name) for name in tensor_names(path)}


def read_tensor(path: Path, name: str) -> np.ndarray:
    """One tensor, reading only its own bytes.

    Raises
    ------
    StorageError
        When the file is missing, damaged or shorter than its header claims, or has no such tensor.
    """
    dtype, shape, start = _entry(path, name)
    array = np.empty(shape, dtype)
    with path.open("rb") as file:
        _fill(array.reshape(-1), file, start, path, name)
    return array


def read_part(path: Path, name: str, *, rows: slice, columns: slice) -> np.ndarray:
    """Some columns of some rows (slices without step) of a tensor of two axes, reading only their bytes.

    Raises
    ------
    StorageError
        As `read_tensor` does.
    """
    dtype, shape, start = _entry(path, name)
    (first_row, last_row, _), (first, last, _) = rows.indices(shape[0]), columns.indices(shape[1])
    array = np.empty((last_row - first_row, last - first), dtype)
    with path.open("rb", buffering=0) as file:
        if last - first == shape[1]:
            _fill(array.reshape(-1), file, start + first_row * shape[1] * dtype.itemsize, path, name)
            return array
        for place, row in enumerate(range(first_row, last_row)):
            _fill(array[place], file, start + (row * shape[1] + first) * dtype.itemsize, path, name)
    return array


def _entry(path: Path, name: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type, shape and first byte of a tensor; sizes are checked before memory is taken: a header may claim anything."""
    header, start = _read_header(path)
    if name not in header:
        raise StorageError(f"{path} holds no tensor {name!r}", f"It holds {', '.join(map(repr, list(header)[:8]))}")
    entry = header[name]
    try:
        dtype, shape, (begin, end) = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"]), entry["data_offsets"]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"tensor {name!r} has an unreadable header entry") from error
    if end - begin != math.prod(shape) * dtype.itemsize or begin < 0 or start + end > path.stat().st_size:
        raise _damaged(path, f"tensor {name!r} does not fit the file")
    return dtype, shape, start + begin


def _fill(array: np.ndarray, file: IO[bytes], place: int, path: Path, name: str) -> None:
    file.seek(place)
    if array.nbytes and file.readinto(array.view(np.uint8).data) != array.nbytes:  # type: ignore[attr-defined]
        raise _damaged(path, f"tensor {name!r} is cut short")


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > min(_LARGEST_HEADER, path.stat().st_size - 8):
                raise _damaged(path, "its header is cut short")
            header = json.loads(file.read(length))
        if not isinstance(header, dict):
            raise _damaged(path, "its header is not a JSON object")
    except ValueError as error:
        raise _damaged(path, "its header is not JSON") from error
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"Could not read {path}: {error.strerror or error}", "Run the probe again") from error
    header.pop("__metadata__", None)
    return header, 8 + length


def _damaged(path: Path, why: str) -> StorageError:
    return StorageError(f"{path} is damaged: {why}", "Delete it and run the same command again: it is made anew")
