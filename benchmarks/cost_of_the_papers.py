"""What the full protocols of both papers cost on one GPU: floors from the real networks, and stated assumptions.

    python benchmarks/cost_of_the_papers.py [--skip-measuring]

A floor counts multiplications and additions (2 for each multiply-add) or bytes that no program can avoid: forward
passes from the modules themselves, one product for each pair of samples and column. Time is floor / (datasheet peak x
share of the peak that large products reach x our share of the plain product, measured on this machine's processor).
Nothing here has been measured on a GPU: these are derived figures.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from _measuring import mixture, seconds
from nucleate.activations import layers, select
from nucleate.clusters import ward
from nucleate.labels import Hierarchy
from nucleate.models import load
from nucleate.neighbors import knn

SHAPE = (3, 224, 224)
HOUR = 3600.0


@dataclass(frozen=True)
class Device:
    """An H100 SXM by its datasheet (dense figures, per second), and what we assume of it."""

    float32: float = 67e12
    float64: float = 67e12  # tensor cores
    bfloat16: float = 989e12  # tensor cores
    memory: float = 80e9  # bytes
    memory_bandwidth: float = 3.35e12
    disk_bandwidth: float = 5e9  # assumed, of local NVMe
    product: float = 0.8  # assumed share of the peak in large products
    forward: float = 0.4  # assumed share of the float32 peak in forward passes
    training: float = 0.1  # assumed share of the bfloat16 peak in mixed-precision training


H100 = Device()

# Paper A: 400 epochs, three seeds, ImageNet's average class size for training, 50 images a class for evaluation.
EPOCHS, SEEDS, TRAINING_IMAGES, EVALUATION_IMAGES = 400, 3, 1_281, 50
HIERARCHIES = {
    "entity-13": Hierarchy.breeds("entity13-4"),
    "living-17": Hierarchy.breeds("living17"),
    "nonliving-26": Hierarchy.breeds("nonliving26"),
    "entity-13 shuffled": Hierarchy.breeds("entity13-4").shuffled(2),
}
A_NETWORKS = {
    "resnet50": "blocks",
    "vgg16": "blocks",
    "vgg16-bn": "blocks",
    "vgg16-ln": "blocks",
    "vit-b-32": "residual",
}
TRAINING_OVERHEAD = 1.15  # our limit over bare passes: benchmarks/training.py
SCORING = 0.031 / 13  # seconds for one superclass's tree, cuts and scores on two CPU cores: benchmarks/sweep.py

# Paper B: 300 classes of 300 images, the output of every block, flattened.
B_SAMPLES = 90_000
B_NETWORKS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16")
EXTRACTION_OVERHEAD = 1.05  # over bare forward passes: benchmarks/extraction.py


@dataclass(frozen=True)
class Shares:
    """Our speed over that of the plain product on the same processor, counting each pair once."""

    neighbors: float = 0.6
    gram: float = 0.6


def measured_shares() -> Shares:
    """Half of a plain product's time over ours: of neighbours in float32, of a superclass's tree in float64."""
    X = mixture(10_000, 2_048)
    knn(X[:2_000], k=30)
    wide = np.random.default_rng(0).standard_normal((200, 100_352), dtype=np.float32)
    exact = np.random.default_rng(0).standard_normal((2_000, 8_192))
    ward(wide[:, :512])
    float32 = min(seconds(lambda: X[:4_000] @ X.T) for _ in range(3)) / 0.4
    rate = 2 * len(exact) ** 2 * exact.shape[1] / min(seconds(lambda: exact @ exact.T) for _ in range(3))
    neighbors = min(seconds(lambda: knn(X, k=30)) for _ in range(3))
    tree = min(seconds(lambda: ward(wide)) for _ in range(3))
    return Shares(float32 / 2 / neighbors, wide.shape[0] ** 2 * wide.shape[1] / rate / tree)


@cache
def forward_cost(name: str) -> float:
    """Multiplications and additions of one image's forward pass, counted in the module as it runs."""
    module = load(name, pretrained=False).module.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.zeros(1, *SHAPE))
    return float(counter.get_total_flops())


@cache
def widths(name: str, patterns: str) -> list[int]:
    """Columns of the chosen layers, flattened."""
    return [layer.width for layer in select(layers(load(name, pretrained=False), SHAPE), patterns)]


def hours(cost: float, peak: float, *shares: float) -> float:
    return cost / (peak * float(np.prod(shares))) / HOUR


def training_images(hierarchy: Hierarchy) -> int:
    return len(hierarchy.leaves) * TRAINING_IMAGES


def print_networks() -> None:
    print("\nNetworks, one image of 3 x 224 x 224, counted in the modules")
    print(f"{'network':<12}{'GFLOP':>8}{'layers':>8}{'columns':>14}{'widest':>10}")
    for name, patterns in {**dict.fromkeys(B_NETWORKS, "blocks"), **A_NETWORKS}.items():
        columns = widths(name, patterns)
        print(f"{name:<12}{forward_cost(name) / 1e9:>8.1f}{len(columns):>8}{sum(columns):>14,}{max(columns):>10,}")


def print_training() -> float:
    """Paper A's networks: a pass forwards and two backwards for each image and epoch."""
    print(f"\nPaper A, training: {EPOCHS} epochs x {SEEDS} seeds; hours for all seeds")
    print(f"{'network':<12}" + "".join(f"{name:>20}" for name in HIERARCHIES) + f"{'hours':>10}{'images/s':>10}")
    total = 0.0
    for name in A_NETWORKS:
        cells = []
        rate = H100.bfloat16 * H100.training / TRAINING_OVERHEAD / (3 * forward_cost(name))
        for hierarchy in HIERARCHIES.values():
            cost = 3 * forward_cost(name) * training_images(hierarchy) * EPOCHS * SEEDS
            cells.append(TRAINING_OVERHEAD * hours(cost, H100.bfloat16, H100.training))
        total += sum(cells)
        print(f"{name:<12}" + "".join(f"{cell:>20.1f}" for cell in cells) + f"{sum(cells):>10.1f}{rate:>10,.0f}")
    return total


def print_clustering(shares: Shares) -> float:
    """Paper A's layers: flattened, clustered within superclasses of 200 images, one tree for all factors."""
    print(f"\nPaper A, probing all {len(HIERARCHIES)} hierarchies x {SEEDS} seeds: minutes")
    print(f"{'network':<12}{'forward':>10}{'products':>10}{'reading':>10}{'trees, scores':>15}{'GB a superclass':>17}")
    total = 0.0
    for name, patterns in A_NETWORKS.items():
        columns = widths(name, patterns)
        images = sum(len(hierarchy.leaves) for hierarchy in HIERARCHIES.values()) * EVALUATION_IMAGES * SEEDS
        sizes = [
            len(hierarchy.children(name, "superclass")) * EVALUATION_IMAGES
            for hierarchy in HIERARCHIES.values()
            for name in hierarchy.classes("superclass")
        ]
        forward = EXTRACTION_OVERHEAD * hours(forward_cost(name) * images, H100.float32, H100.forward)
        pairs = sum(size**2 for size in sizes) * SEEDS
        products = hours(pairs * sum(columns), H100.float64, H100.product, shares.gram)
        reading = hours(4 * sum(columns) * images, H100.memory_bandwidth)
        scoring = len(sizes) * SEEDS * len(columns) * SCORING / HOUR
        total += forward + max(products, reading) + scoring
        cells = "".join(f"{60 * cell:>10.2f}" for cell in (forward, products, reading))
        print(f"{name:<12}{cells}{60 * scoring:>15.2f}{4 * sum(columns) * max(sizes) / 1e9:>17.1f}")
    return total


def print_neighbors(shares: Shares) -> float:
    """Paper B: a product for each pair of 90,000 samples and column, added up over columns that fit on the device.

    Distances of all pairs are kept (4 n^2 bytes), columns come in turns that fill the rest of the memory: from the
    disk, where everything has been stored once, or from another forward pass for each turn.
    """
    print(f"\nPaper B, {B_SAMPLES:,} images, every block flattened: hours")
    print(f"{'network':<12}{'layers':>8}{'forward':>10}{'products':>10}{'TB stored':>11}{'write, read':>13}"
          f"{'turns':>7}{'or forward again':>18}{'hours':>9}")  # fmt: skip
    total = 0.0
    room = (0.9 * H100.memory - 4 * B_SAMPLES**2) / (4 * B_SAMPLES)
    for name in B_NETWORKS:
        columns = widths(name, "blocks")
        forward = EXTRACTION_OVERHEAD * hours(forward_cost(name) * B_SAMPLES, H100.float32, H100.forward)
        products = hours(B_SAMPLES**2 * sum(columns), H100.float32, H100.product, shares.neighbors)
        stored = 4 * B_SAMPLES * sum(columns)
        moved = hours(2 * stored, H100.disk_bandwidth)
        turns = sum(-(-width // int(room)) for width in columns)
        sum_of_parts = products + min(forward + moved, turns * forward)
        total += sum_of_parts
        print(f"{name:<12}{len(columns):>8}{forward:>10.2f}{products:>10.2f}{stored / 1e12:>11.2f}{moved:>13.2f}"
              f"{turns:>7}{turns * forward:>18.2f}{sum_of_parts:>9.2f}")  # fmt: skip
    return total


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Derive the cost of both papers' protocols on one GPU.")
    parser.add_argument("--skip-measuring", action="store_true", help="take 0.6 for our share of the plain products")
    parser.add_argument("--full", action="store_true", help="for run.py; there is one size")
    options, _ = parser.parse_known_args()
    shares = Shares() if options.skip_measuring else measured_shares()
    print(
        f"H100 SXM by its datasheet: {H100.float32 / 1e12:.0f} TFLOPS float32, {H100.float64 / 1e12:.0f} float64 and "
        f"{H100.bfloat16 / 1e12:.0f} bfloat16 on tensor cores, {H100.memory / 1e9:.0f} GB at "
        f"{H100.memory_bandwidth / 1e12:.2f} TB/s. Assumed: {H100.product:.0%} of the peak in large products, "
        f"{H100.forward:.0%} in forward passes, {H100.training:.0%} of bfloat16 in training, a disk of "
        f"{H100.disk_bandwidth / 1e9:.0f} GB/s."
    )
    print(f"Our share of the plain product, each pair counted once: neighbours {shares.neighbors:.2f} (float32), "
          f"a superclass's tree {shares.gram:.2f} (float64)")  # fmt: skip
    print_networks()
    training, clustering, neighbors = print_training(), print_clustering(shares), print_neighbors(shares)
    print(f"\nPaper A {training + clustering:,.0f} GPU hours, of which probing {clustering:.2f}; "
          f"paper B {neighbors:.1f} GPU hours")  # fmt: skip


if __name__ == "__main__":
    main()
