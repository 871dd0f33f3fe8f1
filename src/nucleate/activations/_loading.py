"""Samples -> padded batches of network inputs, decoded ahead of the network by a few threads.

Batches are fixed by row number and always full: a row computed in a batch of another size differs in its last bits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image

from nucleate.data import Samples, UnreadableSample, thumbnail
from nucleate.errors import DataError
from nucleate.models import Network, Preprocessing, TextPreprocessing, as_network

BATCHES_AHEAD = 3


@dataclass(frozen=True)
class Batch:
    """Inputs of consecutive rows.

    Attributes
    ----------
    rows : range
        The rows.
    inputs : (batch size, ...) float32, or int64 of texts
        Network inputs; zeros where a row cannot be read and behind the last row.
    failures : dict
        Row -> why it cannot be read.
    thumbnails : dict
        Row -> small picture.
    """

    rows: range
    inputs: np.ndarray
    failures: dict[int, str]
    thumbnails: dict[int, bytes]


@dataclass(frozen=True)
class _Input:
    values: np.ndarray | None
    failure: str | None = None
    picture: bytes | None = None


def prepare(samples: Samples, preprocessing: Preprocessing | TextPreprocessing | None, row: int) -> _Input:
    """Read one row and turn it into a network input."""
    try:
        sample = samples.source.read(row)
    except UnreadableSample as error:
        return _Input(None, failure=str(error))
    picture = None if isinstance(sample, str) else thumbnail(sample)
    try:
        if isinstance(sample, str) and isinstance(preprocessing, TextPreprocessing):
            return _Input(preprocessing(sample))
        if isinstance(sample, Image.Image) and isinstance(preprocessing, Preprocessing):
            return _Input(preprocessing(sample), picture=picture)
    except DataError as error:
        return _Input(None, failure=error.what)
    if isinstance(sample, np.ndarray) and not isinstance(preprocessing, TextPreprocessing):
        return _Input(sample, picture=picture)
    raise unsuitable(samples, sample, preprocessing)


def unsuitable(
    samples: Samples, sample: Image.Image | str | np.ndarray, preprocessing: Preprocessing | TextPreprocessing | None
) -> DataError:
    """The error of samples that the network does not take."""
    kind = {str: "texts", np.ndarray: "arrays"}.get(type(sample), "images")
    if kind == "images" and preprocessing is None:
        return DataError(
            f"Samples of {samples.name} are images and the network does not say how it wants them",
            "Wrap it: nucleate.models.as_network(module, preprocessing=nucleate.models.Preprocessing.imagenet(224))",
        )
    taken = {Preprocessing: "images", TextPreprocessing: "texts"}.get(type(preprocessing), "arrays")
    advice = (
        "Load a language model, such as hf:FOLDER" if kind == "texts" else f"Pass {taken}, or choose another network"
    )
    return DataError(f"Samples of {samples.name} are {kind}, and the network reads {taken}", advice)


def fit_lengths(network: Network, samples: Samples) -> tuple[Network, int]:
    """Pad texts no further than the longest needs; also says how many texts are too long for the network and are cut.

    Networks that do not read texts come back as they are. Costs one pass over the texts.
    """
    preprocessing = network.preprocessing
    if not isinstance(preprocessing, TextPreprocessing):
        return network, 0
    texts = []
    for row in range(len(samples)):
        with suppress(UnreadableSample):
            sample = samples.source.read(row)
            if not isinstance(sample, str):
                raise unsuitable(samples, sample, preprocessing)
            texts.append(sample)
    lengths = preprocessing.lengths(texts)
    fitted = as_network(network, preprocessing=preprocessing.shortened(max(lengths, default=1)))
    return fitted, sum(length > preprocessing.max_length for length in lengths)


def first_input(samples: Samples, preprocessing: Preprocessing | TextPreprocessing | None) -> np.ndarray:
    """The first sample that can be read, as a network input (without batch axis).

    Raises
    ------
    DataError
        When not one sample can be read.
    """
    reason = ""
    for row in range(len(samples)):
        prepared = prepare(samples, preprocessing, row)
        if prepared.values is not None:
            return prepared.values
        reason = reason or f"row 0, {samples.table['id'][0]}: {prepared.failure}"
    raise DataError(f"None of the {len(samples)} samples of {samples.name} can be read ({reason})", "Check the files")


def batches(
    samples: Samples,
    preprocessing: Preprocessing | TextPreprocessing | None,
    spans: Iterable[range],
    *,
    batch_size: int,
    shape: tuple[int, ...],
    workers: int,
) -> Iterator[Batch]:
    """Yield the batches of each span of rows, in order.

    Parameters
    ----------
    samples, preprocessing
        What to read and how the network wants it.
    spans : iterable of range
        Consecutive rows; a batch never crosses from one span into the next.
    batch_size : int
        Rows of every batch, the last ones of a span being padding where it does not divide.
    shape : tuple
        Shape of one input.
    workers : int
        Threads that decode ahead; 0 decodes in the caller's thread. The result does not depend on it.
    """
    pieces = (span[start : start + batch_size] for span in spans for start in range(0, len(span), batch_size))
    if workers == 0:
        for rows in pieces:
            yield _assemble(samples, rows, [prepare(samples, preprocessing, row) for row in rows], batch_size, shape)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[range, list[Future[_Input]]]] = deque()
        try:
            for rows in pieces:
                waiting.append((rows, [pool.submit(prepare, samples, preprocessing, row) for row in rows]))
                if len(waiting) > BATCHES_AHEAD:
                    ready, futures = waiting.popleft()
                    yield _assemble(samples, ready, [future.result() for future in futures], batch_size, shape)
            while waiting:
                ready, futures = waiting.popleft()
                yield _assemble(samples, ready, [future.result() for future in futures], batch_size, shape)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _assemble(samples: Samples, rows: range, prepared: list[_Input], batch_size: int, shape: tuple[int, ...]) -> Batch:
    kind = next((one.values.dtype for one in prepared if one.values is not None), np.dtype(np.float32))
    inputs = np.zeros((batch_size, *shape), kind)
    failures, thumbnails = {}, {}
    for place, (row, one) in enumerate(zip(rows, prepared, strict=True)):
        if one.values is None:
            failures[row] = one.failure or "unreadable"
            continue
        if one.values.shape != shape:
            raise DataError(
                f"Sample {samples.table['id'][row]} (row {row}) has shape {one.values.shape}, others have {shape}",
                "Bring all samples to one shape",
            )
        inputs[place] = one.values
        if one.picture is not None:
            thumbnails[row] = one.picture
    return Batch(rows, inputs, failures, thumbnails)
