"""Rows that are copies of one another, found by their bits."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numba import njit


def first_copies(X: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
    """For each row the first row with the same bits: itself, for most.

    Rows are compared where their hashes agree. Copies of two rows that share a hash may stay apart.
    """
    first = np.arange(len(X))
    words = np.ascontiguousarray(X).view(np.uint32 if X.dtype == np.float32 else np.uint64)
    hashes = _hashes(words)
    _, group, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(counts[group] > 1)
    shared = shared[np.argsort(group[shared], kind="stable")]
    for rows in np.split(shared, np.flatnonzero(np.diff(group[shared])) + 1):
        first[rows[(words[rows] == words[rows[:1]]).all(axis=1)]] = rows[:1]
    return first


@njit(cache=True, nogil=True)
def _hashes(words):  # type: ignore[no-untyped-def]
    """FNV-1a over the words of each row."""
    hashes = np.full(len(words), np.uint64(14695981039346656037))
    for row in range(len(words)):
        for word in words[row]:
            hashes[row] = (hashes[row] ^ np.uint64(word)) * np.uint64(1099511628211)
    return hashes
