"""What a long neighbour search has found so far, on disk, so that a killed one goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy

from nucleate.storage import encode_tensors, write_bytes

_SEAL = hashlib.sha256().digest_size


def save_state(path: Path, fingerprint: str, state: Mapping[str, np.ndarray]) -> None:
    """Write a state wholly or not at all, sealed with the digest of its bytes and of the search it belongs to."""
    content = encode_tensors(state)
    write_bytes(path, _seal(fingerprint, content) + content)


def load_state(path: Path, fingerprint: str) -> dict[str, np.ndarray] | None:
    """The state of the search with this fingerprint; None where there is none, or it is damaged or another's."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    content = data[_SEAL:]
    if data[:_SEAL] != _seal(fingerprint, content):
        return None
    found: dict[str, np.ndarray] = safetensors.numpy.load(content)
    return found


def _seal(fingerprint: str, content: bytes) -> bytes:
    return hashlib.sha256(fingerprint.encode() + content).digest()
