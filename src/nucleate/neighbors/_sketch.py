"""Count-sketch: wide rows as short ones that keep their inner products, on average."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from nucleate.errors import ArrayError
from nucleate.neighbors._source import Source

SKETCH_COLUMNS = 4096


def count_sketch(X: Any, columns: int = SKETCH_COLUMNS, *, seed: int = 0) -> Float[np.ndarray, "n columns"]:
    r"""Sketch rows by adding each of their columns, with a random sign, to a random one of fewer columns.

    .. math:: s_{ib} = \sum_{c:\, h(c) = b} \sigma(c)\, x_{ic}

    with a bucket :math:`h(c)` and a sign :math:`\sigma(c) = \pm 1` that depend on the column's place and the seed
    alone. Sketches are linear, so that of a difference is the difference of the sketches: an offset that all rows
    share does no harm beyond the rounding of the sums to float32. Over seeds, :math:`\langle s_i, s_j \rangle` has the
    mean :math:`\langle x_i, x_j \rangle` and a variance of at most :math:`2 \|x_i\|^2 \|x_j\|^2 /` `columns`: with
    4,096 columns, squared distances have a standard error of about 2 %.

    Parameters
    ----------
    X : array, tensor or row source, (n, d)
        Samples by columns; a row source is read a few blocks of rows at a time.
    columns : int
        Buckets, at least 1.
    seed : int
        Decides buckets and signs, the same on every machine.

    Returns
    -------
    (n, columns) float32
        Summed in float64, rounded once.

    Raises
    ------
    ArrayError
        When `X` is not a matrix of finite numbers with at least two rows, `columns` is below 1, or a sum is beyond
        float32.

    Notes
    -----
    Time n d additions, memory 4 n `columns` bytes and one block of rows.

    M. Charikar, K. Chen, M. Farach-Colton, "Finding frequent items in data streams", ICALP 2002.

    Examples
    --------
    >>> X = np.eye(3, 1000)
    >>> sketch = count_sketch(X, 16)
    >>> sketch.shape
    (3, 16)
    >>> (np.abs(sketch).sum(axis=1) == 1).all()  # each row's one entry, in its bucket
    np.True_
    """
    if columns < 1:
        raise ArrayError(f"columns={columns} for a sketch", "Ask for at least 1; 4,096 is usual")
    source = Source.of(X, block_rows=None)
    bucket, sign = _hashes(source.d, columns, seed)
    sketch = np.empty((source.n, columns), np.float32)
    for start, stop in source.strips:
        _add(source.read(start, stop), bucket, sign, sketch[start:stop])
        beyond = np.flatnonzero(~np.isfinite(sketch[start:stop]).all(axis=1))
        if len(beyond):
            raise ArrayError(f"the sketch of row {start + beyond[0]} of X is beyond float32", "Rescale the rows")
    return sketch


def _hashes(d: int, columns: int, seed: int) -> tuple[Int[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Bucket and sign of each column: from its place mixed with the seed (SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        mixed = np.arange(1, d + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed += np.uint64(seed % 2**64) * np.uint64(0xD1342543DE82EF95)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    sign = np.where(mixed & np.uint64(1), 1.0, -1.0)
    return ((mixed >> np.uint64(1)) % np.uint64(columns)).astype(np.int64), sign


@njit(nogil=True, cache=True)
def _add(rows, bucket, sign, out):  # type: ignore[no-untyped-def]
    total = np.empty(out.shape[1])
    for i in range(rows.shape[0]):
        total[:] = 0.0
        for c in range(rows.shape[1]):
            total[bucket[c]] += sign[c] * rows[i, c]
        out[i] = total
