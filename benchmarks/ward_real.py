"""Ward in linear memory on embeddings of real photos: the same tree as scipy's, and the time beside our matrix form.

    python benchmarks/run.py ward_real --photos=grocery_128.zip --fashion=/usr/share/datasets/fashion-mnist

The penultimate layer (1,280 columns) of EfficientNet-Lite0 as trained on ImageNet: all grocery photos at 128 pixels,
and the first 4,000 images of either split of Fashion-MNIST at 64. Columns of the table are those of `ward_hard.py`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import nucleate as nc
from nucleate.activations import extract, layers, select
from nucleate.data import Samples
from ward_hard import TITLE, compare, warm_up

CLOTHES = 4_000  # of either split
BLOCK = 1_024


def penultimate(samples: Samples, pixels: int) -> np.ndarray:
    """What enters the final classifier, for each sample."""
    network = nc.models.load("efficientnet-lite0")
    network = nc.models.as_network(network, preprocessing=replace(network.preprocessing, size=(pixels, pixels)))
    shape = (3, pixels, pixels)
    spans = [range(start, min(start + BLOCK, len(samples))) for start in range(0, len(samples), BLOCK)]
    chosen = select(layers(network, shape), "penultimate")
    blocks = extract(network, samples, spans, layers=chosen, pool="mean", batch_size=64, shape=shape)
    return np.concatenate([block.layers[chosen[0].name] for block in blocks])


def groceries(photos: Path) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(photos).extractall(folder)
        return penultimate(nc.data.from_folder(folder), 128)


def clothes(folder: Path) -> np.ndarray:
    return penultimate(nc.data.from_idx(folder, first=CLOTHES), 64)


def main() -> int:
    """Print the table; the exit status says whether every limit held."""
    parser = argparse.ArgumentParser(description="Ward in linear memory on embeddings of real photos.")
    parser.add_argument("--photos", type=Path, help="grocery_128.zip")
    parser.add_argument("--fashion", type=Path, help="folder of Fashion-MNIST's idx files")
    options, _ = parser.parse_known_args()
    inputs = [
        (f"{name}, EfficientNet-Lite0", embed, path)
        for name, embed, path in (
            ("groceries", groceries, options.photos), ("Fashion-MNIST", clothes, options.fashion),
        )
        if path is not None
    ]  # fmt: skip
    if not inputs:
        sys.exit("Name grocery_128.zip with --photos=FILE or the folder of Fashion-MNIST with --fashion=FOLDER")
    warm_up()
    print(TITLE)
    held = [compare(name, embed(path)) for name, embed, path in inputs]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
