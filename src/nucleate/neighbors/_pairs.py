"""Distances of chosen pairs, and the neighbours of chosen rows, with wide rows read a span of columns at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from jaxtyping import Float, Int

from nucleate.neighbors import _kernels
from nucleate.neighbors._bounds import ErrorBound
from nucleate.neighbors._rows import Rows
from nucleate.neighbors._source import Source, Span, spans
from nucleate.neighbors._tiles import CHUNK, multiply

_MOST_ENTRIES = 2**26  # of some columns of all rows: 256 MiB of float32
_MOST_PRODUCTS = 2**25  # of some rows with all others: 256 MiB of float64


def measure_pairs(rows: Rows, first: Int[np.ndarray, " p"], second: Int[np.ndarray, " p"]) -> Float[np.ndarray, " p"]:
    """Direct float64 distances of pairs, with the bits that a search gives them; one pass over the rows."""
    totals = np.zeros(len(first))
    threads = numba.config.NUMBA_NUM_THREADS
    parts = spans(len(first), max(1, -(-len(first) // threads)))
    for _, values in _columns(rows.source):

        def add(part: Span, values: np.ndarray = values) -> None:
            here = slice(*part)
            _kernels.add_pairs(values, rows.weights, first[here], second[here], totals[here])

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(add, parts))
    return np.sqrt(totals) if rows.root else totals / 2


def nearest_of(
    rows: Rows, own: Int[np.ndarray, " b"], reached: Float[np.ndarray, "b k"]
) -> tuple[Int[np.ndarray, "b k"], Float[np.ndarray, "b k"]]:
    """The exact nearest neighbours of some rows among all, of which k are known to lie within the last `reached`.

    Float64 products exclude all pairs that their error bound can; the others are measured. Takes n b d multiply-adds
    and, for every 2^25 / n rows, two passes over the rows.
    """
    size = max(1, _MOST_PRODUCTS // rows.source.n)
    found = [_nearest_of(rows, own[low:high], reached[low:high]) for low, high in spans(len(own), size)]
    return np.concatenate([indices for indices, _ in found]), np.concatenate([distances for _, distances in found])


def _nearest_of(
    rows: Rows, own: Int[np.ndarray, " b"], reached: Float[np.ndarray, "b k"]
) -> tuple[Int[np.ndarray, "b k"], Float[np.ndarray, "b k"]]:
    source, k = rows.source, reached.shape[1]
    products = _products(rows, own)
    bound = ErrorBound.of(np.float64, columns=source.d, chunk=source.d)  # however sums were cut
    limits = rows.product_limit(bound, own, reached[:, -1])
    near = rows.norms[own][:, None] + rows.norms - 2 * products <= limits[:, None]
    near[np.arange(len(own)), own] = False
    place, other = np.nonzero(near)
    distances = measure_pairs(rows, own[place], other)
    order = np.lexsort((other, distances, place))
    starts = np.searchsorted(place, np.arange(len(own)))  # `place` ascends, and sorting keeps it so
    chosen = order[starts[:, None] + np.arange(k)]
    return other[chosen], distances[chosen]


def _products(rows: Rows, own: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b n"]:
    """Inner products, in float64, of some weighted, centred rows with all."""
    source = rows.source
    products = np.zeros((len(own), source.n))
    for (low, high), values in _columns(source):
        for first, last in spans(high - low, CHUNK):
            centre = rows.centre[low + first : low + last]
            left = np.empty((len(own), last - first))
            _kernels.centred(values[own, first:last], rows.weights[own], centre, left)
            for start, stop in source.blocks:
                right, tile = np.empty((stop - start, last - first)), np.empty((len(own), stop - start))
                block = np.ascontiguousarray(values[start:stop, first:last])
                _kernels.centred(block, rows.weights[start:stop], centre, right)
                multiply(left, right, tile)
                products[:, start:stop] += tile
    return products


def _columns(source: Source) -> Iterator[tuple[Span, Float[np.ndarray, "n c"]]]:
    """Spans of columns of all rows: all at once where rows are in memory."""
    if source.in_memory:
        yield (0, source.d), source.data
        return
    width = max(1, _MOST_ENTRIES // (source.n * _kernels.SPAN)) * _kernels.SPAN
    for span in spans(source.d, width):
        values: np.ndarray | None = None
        for start, stop in source.strips:
            block = source.read(start, stop, span)
            if values is None:  # in the precision of what is read, which that of the source may differ from
                values = np.empty((source.n, span[1] - span[0]), block.dtype)
            values[start:stop] = block
        assert values is not None, "there are rows"
        yield span, values
