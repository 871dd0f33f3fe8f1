"""Extraction of all blocks, pooled and committed to disk, against the bare forward pass of the same batches."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import torch

from _measuring import seconds
from nucleate.activations import Layer, extract, layers, select
from nucleate.data import Samples, from_arrays
from nucleate.models import Network, load
from nucleate.storage import BlockStore

LIMIT = 1.10  # times the bare forward pass
REPEATS = 5
BATCH, BATCHES, SIDE = 32, 2, 224


def bare(network: Network, inputs: torch.Tensor) -> None:
    """What anybody's loop over the network costs."""
    with network.evaluating(), torch.no_grad():
        for batch in inputs.split(BATCH):
            network.module(batch)


def extracted(network: Network, samples: Samples, chosen: list[Layer], folder: Path) -> None:
    """Read, run, tap, pool, hash, write, fsync."""
    store = BlockStore(folder, "benchmark", len(samples), len(samples))
    spans = [store.span(0)]
    shape = (3, SIDE, SIDE)
    for block in extract(network, samples, spans, layers=chosen, pool="mean", batch_size=BATCH, shape=shape):
        store.commit(0, block.layers, facts={})


def compare(name: str, inputs: np.ndarray) -> None:
    """One row of the table: calls in turn, so that a drift of the machine meets both."""
    network = load(name, pretrained=False)
    chosen = select(layers(network, (3, SIDE, SIDE)), "blocks")
    samples, tensor = from_arrays(inputs), torch.from_numpy(inputs)
    with tempfile.TemporaryDirectory() as folder:
        pairs = []
        for _ in range(REPEATS + 1):  # the first warms up
            forward = seconds(lambda: bare(network, tensor))
            pairs.append((forward, seconds(lambda: extracted(network, samples, chosen, Path(folder)))))
    forward = median(pair[0] for pair in pairs[1:])
    ratio = median(pair[1] / pair[0] for pair in pairs[1:])
    print(f"{name:<28}{len(chosen):>7}{forward:>12.2f} s{ratio:>14.3f}{LIMIT:>8.2f}")


def main() -> None:
    """Print the table."""
    inputs = np.random.default_rng(0).normal(size=(BATCH * BATCHES, 3, SIDE, SIDE)).astype(np.float32)
    print(f"{len(inputs)} inputs of 3 x {SIDE} x {SIDE}, batches of {BATCH}, {torch.get_num_threads()} threads, "
          f"median of {REPEATS} paired runs")  # fmt: skip
    print(f"{'network':<28}{'layers':>7}{'bare forward':>14}{'ours / bare':>14}{'limit':>8}")
    for name in ("resnet50", "timm:tf_efficientnet_lite0", "timm:vit_tiny_patch16_224"):
        compare(name, inputs)


if __name__ == "__main__":
    main()
