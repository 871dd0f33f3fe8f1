"""Neighbours of flattened layers: exact, and among candidates from a count-sketch, with the recall of these.

    python benchmarks/run.py sketch --photos=grocery_128.zip

EfficientNet-Lite0 trained on ImageNet, 128 pixels, test photos of groceries: the widest blocks, flattened.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import torch
from PIL import Image

from _measuring import seconds
from nucleate.models import load
from nucleate.neighbors import count_sketch, knn, rerank

PHOTOS, K, CANDIDATES = 2400, 30, 120
SIDE, BATCH = 128, 100
LAYERS = ("blocks.0.0", "blocks.1.1", "blocks.2.1")


def flattened(photos: Path, layers: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Layer -> the photos' rows there."""
    network = load("efficientnet-lite0").module.eval()
    with zipfile.ZipFile(photos) as archive:
        table = pl.read_csv(io.BytesIO(archive.read("meta.csv"))).sort("file").head(PHOTOS)
        pictures = [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in table["file"]]
    pictures = [picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC) for picture in pictures]
    pixels = np.stack([np.asarray(picture, np.float32) for picture in pictures]).transpose(0, 3, 1, 2)
    inputs = torch.from_numpy(pixels / 127.5 - 1)  # mean and standard deviation 0.5
    rows: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    for name in layers:
        network.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: rows[name].append(output.flatten(1).numpy())
        )
    with torch.no_grad():
        for start in range(0, PHOTOS, BATCH):
            network(inputs[start : start + BATCH])
    return {name: np.concatenate(parts) for name, parts in rows.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Candidates from a count-sketch.")
    parser.add_argument("--photos", type=Path, help="grocery_128.zip")
    options, _ = parser.parse_known_args()
    if options.photos is None:
        sys.exit("Name grocery_128.zip with --photos=FILE")
    print(f"{PHOTOS:,} photos, {K} neighbours among {CANDIDATES} candidates, {torch.get_num_threads()} threads")
    parts = ("exact", "sketch", "search", "measure")
    print(f"{'layer':<14}{'columns':>9}{''.join(f'{part:>9}' for part in parts)}{'true recall':>13}{'told':>22}")
    for name, X in flattened(options.photos, LAYERS).items():
        found: dict[str, object] = {}
        exact = seconds(lambda X=X, found=found: found.update(exact=knn(X, K)))
        sketch = seconds(lambda X=X, found=found: found.update(sketch=count_sketch(X)))
        search = seconds(lambda found=found: found.update(near=knn(found["sketch"], CANDIDATES)))
        measure = seconds(lambda X=X, found=found: found.update(ours=rerank(X, found["near"], K, checked=100)))
        pairs = zip(found["exact"].indices, found["ours"].indices, strict=True)  # type: ignore[attr-defined]
        recall = np.mean([len(np.intersect1d(*pair)) / K for pair in pairs])
        told = found["ours"].recall  # type: ignore[attr-defined]
        print(f"{name:<14}{X.shape[1]:>9,}{exact:>8.1f}s{sketch:>8.1f}s{search:>8.1f}s{measure:>8.1f}s{recall:>13.4f}"
              f"{f'{told.value:.4f} on {told.rows} rows':>22}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
