"""Run the network once over the samples and yield, block by block, what every chosen layer says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from nucleate.activations._layers import Layer
from nucleate.activations._loading import batches
from nucleate.activations._pooling import Pool
from nucleate.activations._taps import Taps
from nucleate.data import Samples
from nucleate.errors import RunError
from nucleate.models import Network


@dataclass
class Block:
    """What one block of rows gave.

    Attributes
    ----------
    rows : range
        The rows of the block.
    layers : dict
        Layer name -> (rows, width) float32; NaN in rows that could not be read.
    failures : dict
        Row -> why it could not be read.
    thumbnails : dict
        Row -> small picture.
    """

    rows: range
    layers: dict[str, np.ndarray] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    thumbnails: dict[int, bytes] = field(default_factory=dict)


def extract(
    network: Network,
    samples: Samples,
    spans: Sequence[range],
    *,
    layers: Sequence[Layer],
    pool: Pool,
    batch_size: int,
    shape: tuple[int, ...],
    device: str = "cpu",
    dtype: Literal["float32", "bfloat16", "float16"] = "float32",
    workers: int = 2,
) -> Iterator[Block]:
    """Yield one `Block` for each span of rows.

    Parameters
    ----------
    network, samples
        What to run and on what.
    spans : sequence of range
        The rows of each block.
    layers : sequence of Layer
        What to tap, see `nucleate.activations.layers` and `nucleate.activations.select`.
    pool : {"mean", "max", "cls", "none"}
        How a layer's positions (pixels, tokens) become one row.
    batch_size : int
        Rows per forward pass; short batches are padded with zeros.
    shape : tuple
        Shape of one network input.
    device : str
        Where the network runs.
    dtype : {"float32", "bfloat16", "float16"}
        Precision in which it runs; another than float32 is torch's mixed precision.
    workers : int
        Threads that decode ahead.

    Raises
    ------
    RunError
        When a layer answers a readable sample with NaN or infinity; layer, row and sample are named.
    """
    stream = batches(samples, network.preprocessing, spans, batch_size=batch_size, shape=shape, workers=workers)
    mixed = None if dtype == "float32" else getattr(torch, dtype)
    with _on_device(network, device), Taps(network, layers, pool=pool, autocast=mixed) as taps:
        for span in spans:
            block = Block(span)
            filled = 0
            while filled < len(span):
                batch = next(stream)
                answers = taps.run(batch.inputs)
                for name, values in answers.items():
                    rows = values[: len(batch.rows)].numpy()
                    if name not in block.layers:
                        block.layers[name] = np.empty((len(span), rows.shape[1]), np.float32)
                    block.layers[name][filled : filled + len(rows)] = rows
                block.failures |= batch.failures
                block.thumbnails |= batch.thumbnails
                filled += len(batch.rows)
            _blank_failures(block)
            _refuse_non_finite(block, samples)
            yield block


@contextmanager
def _on_device(network: Network, device: str) -> Iterator[None]:
    """Lend the network to a device, and give it back where it was."""
    home = network.device
    network.module.to(device)
    try:
        yield
    finally:
        network.module.to(home)


def _blank_failures(block: Block) -> None:
    failed = [row - block.rows.start for row in block.failures]
    for values in block.layers.values():
        values[failed] = np.nan


def _refuse_non_finite(block: Block, samples: Samples) -> None:
    for name, values in block.layers.items():
        for place in np.flatnonzero(~np.isfinite(values).all(axis=1)):
            row = block.rows.start + int(place)
            if row not in block.failures:
                raise RunError(
                    f"Layer {name} answers sample {samples.table['id'][row]} (row {row}) with NaN or infinity",
                    "Check the checkpoint and the preprocessing, or leave this layer out",
                )
