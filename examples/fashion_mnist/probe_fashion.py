"""Do clothes a network was never told apart fall into clusters of their own? A small ResNet on Fashion-MNIST.

    python examples/fashion_mnist/probe_fashion.py --data /usr/share/datasets/fashion-mnist --out runs/fashion

The data are those of Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
algorithms", 2017 (MIT licence), as four `idx` files; Debian packages them as `dataset-fashion-mnist`. The network
learns five superclasses of the ten kinds of clothes from 10,000 training images, and is probed with the 10,000 test
images.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np

import nucleate as nc
from nucleate.models import Network, Preprocessing

KINDS = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
SUPERCLASSES = {
    "top": ("T-shirt", "pullover", "coat", "shirt"),
    "trousers": ("trouser",),
    "dresses": ("dress",),
    "shoe": ("sandal", "sneaker", "ankle boot"),
    "bags": ("bag",),
}
PREPROCESSING = Preprocessing((28, 28), channels=1, mean=(0.286,), std=(0.353,))


def read_idx(path: Path) -> np.ndarray:
    """An array from a gzipped `idx` file: two zero bytes, type, number of axes, their lengths, values."""
    data = gzip.decompress(path.read_bytes())
    if data[:3] != b"\0\0\x08":
        sys.exit(f"{path} is not an idx file of bytes.")
    shape = np.frombuffer(data, ">i4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def split(folder: Path, name: str, count: int) -> tuple[np.ndarray, list[str]]:
    """Images and kinds of the first samples of a split."""
    images, labels = (read_idx(folder / f"{name}-{what}-ubyte.gz") for what in ("images-idx3", "labels-idx1"))
    return images[:count], [KINDS[label] for label in labels[:count]]


def trained(images: np.ndarray, kinds: list[str], hierarchy: nc.Hierarchy, *, epochs: int, seed: int) -> Network:
    """A small ResNet that has learned the superclasses."""
    classes = hierarchy.classes("superclass")
    network = nc.models.load("resnet-small", pretrained=False, num_classes=len(classes), in_channels=1, seed=seed)
    network = nc.models.as_network(network, name="resnet-small (5 superclasses)", preprocessing=PREPROCESSING)
    inputs = np.stack([PREPROCESSING(image) for image in images])

    def tell(done: int, of: int, loss: float) -> None:
        print(f"epoch {done}/{of}: loss {loss:.3f}", flush=True)

    result = nc.training.train(
        network, inputs, hierarchy.codes(kinds, "superclass"), epochs=epochs, seed=seed, progress=tell
    )
    print(f"accuracy on the training images: {result.accuracy:.1%}")
    return network


def main() -> None:
    """Train, probe, report."""
    parser = argparse.ArgumentParser(description="Train a small ResNet on Fashion-MNIST superclasses and probe it.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the four idx files")
    parser.add_argument("--out", type=Path, default=Path("runs/fashion"), help="run folder (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=4, help="passes over the training images (default: %(default)s)")
    parser.add_argument("--images", type=int, default=10_000, help="images of each split (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    hierarchy = nc.Hierarchy.from_paths([f"{name}/{kind}" for name, kinds in SUPERCLASSES.items() for kind in kinds])
    checkpoint = options.out.with_suffix(".safetensors")
    if checkpoint.exists():
        network = nc.models.load(checkpoint)
    else:
        images, kinds = split(options.data, "train", options.images)
        network = trained(images, kinds, hierarchy, epochs=options.epochs, seed=options.seed)
        nc.models.save_checkpoint(network, checkpoint)
    images, kinds = split(options.data, "t10k", options.images)
    samples = nc.data.from_arrays(images, kinds, hierarchy=hierarchy, name="Fashion-MNIST test images")
    run = nc.probe(network, samples, out=options.out, layers=("input", "blocks"), batch_size=128)
    print(f"Report: {nc.report(run)}")


if __name__ == "__main__":
    main()
