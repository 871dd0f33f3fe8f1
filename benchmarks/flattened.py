"""Clusters of every block of ResNet-50, flattened (5.5 million columns), without storing them, against the bare pass.

    python benchmarks/run.py flattened --photos=grocery_128.zip [--memory=5] [--stored]

Random weights, 224 pixels, 4 superclasses of 50 photos of groceries. With --stored, everything is stored too, on 4.4
GB of disk, and the scores must be equal.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import torch

from _measuring import resident_peak
from nucleate.activations import batches
from nucleate.data import Samples, from_folder
from nucleate.models import Network, load
from nucleate.pipeline import Run, probe

SUPERCLASSES = ("Apple", "Juice", "Milk", "Yoghurt")
PHOTOS = 50  # of each
BATCH = 16
BUDGET = 6.0  # GB, libraries and the network included


def unpack(photos: Path, folder: Path) -> Samples:
    """As many test photos of each subclass of a superclass as there are, in turn, up to 50 of the superclass."""
    with zipfile.ZipFile(photos) as archive:
        table = pl.read_csv(io.BytesIO(archive.read("meta.csv"))).filter(pl.col("split") == "test").sort("file")
        table = table.with_columns(pl.int_range(pl.len()).over("subclass").alias("turn"))
        for superclass in SUPERCLASSES:
            members = table.filter(pl.col("superclass") == superclass).sort("turn", "subclass").head(PHOTOS)
            for row in members.iter_rows(named=True):
                path = folder / superclass / row["subclass"] / Path(row["file"]).name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(row["file"]))
    return from_folder(folder)


def bare(network: Network, samples: Samples) -> float:
    """Seconds of what anybody's loop over decoded images costs."""
    span = range(len(samples))
    given = batches(samples, network.preprocessing, [span], batch_size=BATCH, shape=(3, 224, 224), workers=2)
    inputs = [torch.from_numpy(batch.inputs) for batch in given]
    started = time.perf_counter()
    with network.evaluating(), torch.no_grad():
        for batch in inputs:
            network.module(batch)
    return time.perf_counter() - started


def results(run: Run) -> dict[str, bytes]:
    """Every score, and every layer's clusters."""
    paths = [run.folder.profile, *(run.root / "clusters").glob("[0-9]*.parquet")]
    return {path.name: path.read_bytes() for path in paths if "scores" not in path.name}


def height_difference(one: Run, other: Run) -> float:
    """The largest relative difference between the heights of their trees: wide layers are summed in another order."""
    heights = [
        [run.tree(layer, group).linkage[:, 2] for layer in one.layer_names for group in SUPERCLASSES]
        for run in (one, other)
    ]
    return max(float(np.max(np.abs(a - b) / b)) for a, b in zip(*heights, strict=True))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Flattened layers without storing them.")
    parser.add_argument("--photos", type=Path, help="grocery_128.zip")
    parser.add_argument("--memory", type=float, default=5.0, help="GB that may be held (default: %(default)s)")
    parser.add_argument("--stored", action="store_true", help="compare with storing everything")
    options, _ = parser.parse_known_args()
    if options.photos is None:
        sys.exit("Name grocery_128.zip with --photos=FILE")
    network = load("resnet50", pretrained=False)
    shared = {"preset": "clusterability", "batch_size": BATCH, "k": 10}
    with tempfile.TemporaryDirectory() as scratch:
        samples = unpack(options.photos, Path(scratch) / "photos")
        bare(network, samples)  # warms up
        forward = bare(network, samples)
        resident_peak(anew=True)
        started = time.perf_counter()
        run = probe(network, samples, out=Path(scratch) / "in-flight", memory=options.memory, **shared)
        ours, peak = time.perf_counter() - started, resident_peak() / 2**30
        size = sum(path.stat().st_size for path in run.root.rglob("*") if path.is_file())
        print(f"{len(samples)} photos, {len(run.layer_names)} layers, {sum(run.layers['kept']):,} columns, "
              f"{torch.get_num_threads()} threads")  # fmt: skip
        print(f"bare forward pass {forward:.1f} s; ours {ours:.1f} s, {ours / forward:.2f} times as long")
        print(f"peak memory {peak:.2f} GB, limit {BUDGET:.0f} GB; run folder {size / 2**20:.0f} MB")
        if options.stored:
            kept = {**shared, "keep_activations": True}
            stored = probe(network, samples, out=Path(scratch) / "stored", **kept)
            same = "equal" if results(stored) == results(run) else "DIFFER from"
            apart = height_difference(run, stored)
            print(f"scores and clusters {same} those of storing everything; heights differ by {apart:.1g} at most")


if __name__ == "__main__":
    main()
