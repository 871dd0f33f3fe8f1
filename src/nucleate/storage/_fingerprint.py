"""Fingerprints: the sha256 of what a result depends on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np


def digest_bytes(data: bytes | memoryview) -> str:
    """The sha256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_array(array: np.ndarray) -> str:
    """The sha256 of an array's type, shape and values."""
    hasher = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    hasher.update(np.ascontiguousarray(array).data)
    return hasher.hexdigest()


def digest(value: Any) -> str:
    """The sha256 of anything JSON can hold; the order of keys does not matter.

    Examples
    --------
    >>> digest({"a": 1, "b": [2.5, None]}) == digest({"b": [2.5, None], "a": 1})
    True
    """
    return digest_bytes(canonical_json(value))


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: one value, one text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
