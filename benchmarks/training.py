"""The training loop against bare forward and backward passes of the same network on batches in memory.

`--full` also trains the three small networks on digits under two hierarchies with three seeds each.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl
import torch

import nucleate as nc
from _measuring import seconds
from nucleate.data import Samples, from_arrays
from nucleate.training._fit import prepare, task_of
from nucleate.training._inputs import Memory, training_batches
from nucleate.training._loop import Training

LIMIT = 1.15  # times the bare passes
REPEATS = 5
AUGMENTED = {"crop": (0.05, 1), "flip": True}
CASES: tuple[tuple[str, int, int, int, dict[str, Any]], ...] = (
    ("resnet-small", 256, 1, 28, {}),
    ("resnet-small", 256, 3, 32, {**AUGMENTED, "ema": 0.99}),
    ("vgg-small", 512, 3, 32, AUGMENTED),
    ("vit-small", 128, 1, 28, {**AUGMENTED, "optimizer": "adamw"}),
    ("resnet18", 64, 3, 64, {**AUGMENTED, "image_size": 64}),
)
RECIPES = Path(__file__).parents[1] / "examples" / "recipes"
ACCURATE, MINUTES = 0.95, 10


def bare(module: torch.nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """What anybody's loop costs, without an optimizer."""
    for inputs, targets in batches:
        module.zero_grad()
        torch.nn.functional.cross_entropy(module(inputs), targets).backward()


def pictures(count: int, channels: int, side: int) -> Samples:
    """Noise with ten labels."""
    values = np.random.default_rng(0).integers(0, 255, (count, side, side, channels), np.uint8)
    return from_arrays(values, [str(row % 10) for row in range(count)], split="train")


def compare(name: str, count: int, channels: int, side: int, options: dict[str, Any]) -> None:
    """One row of the table: epochs in turn, so that a drift of the machine meets both."""
    recipe = nc.training.recipe(batch_size=64, epochs=REPEATS + 1, **options)
    job = prepare(name, pictures(count, channels, side), recipe, level=None, checkpoint=None)
    inputs = job.inputs("train", Memory(2**30), {})
    training = Training(task_of(job), recipe, inputs, workers=2)
    batches = []
    for batch in training_batches(inputs, recipe, 1, views=1, workers=0):
        images = inputs.on_device(batch.views[0], torch.float32, training.device)
        batches.append((images, torch.from_numpy(batch.targets)))
    pairs = []
    for epoch in range(1, REPEATS + 2):  # the first warms up, and decodes
        job.network.module.train()
        plain = seconds(lambda: bare(job.network.module, batches))
        pairs.append((plain, seconds(lambda number=epoch: training.epoch(number))))  # type: ignore[misc]
    plain = median(pair[0] for pair in pairs[1:])
    ratio = median(pair[1] / pair[0] for pair in pairs[1:])
    extras = ", ".join(key for key in options if key != "image_size")
    print(
        f"{name:<14}{channels} x {side:<6}{extras:<24}{count / plain:>12.0f}/s{ratio:>14.3f}{LIMIT:>8.2f}", flush=True
    )


def digits() -> None:
    """Superclass accuracy on held-out digits of every small network, hierarchy and seed."""
    begun, worst = time.perf_counter(), 1.0
    natural = nc.data.digits()
    shuffled = nc.training.relabelled(natural, natural.hierarchy.shuffled(0))  # type: ignore[union-attr]
    print(f"\n{'network':<14}{'hierarchy':<12}{'seed':>4}{'held-out accuracy':>20}{'worst digit':>14}{'seconds':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (kind, samples), seed in product(
            ("resnet", "vgg", "vit"), (("natural", natural), ("shuffled", shuffled)), range(3)
        ):
            recipe = nc.training.read_recipe(
                RECIPES / f"digits-{name}.toml", seed_init=seed, seed_order=seed, seed_augmentation=seed
            )
            start = time.perf_counter()
            out = Path(folder) / f"{name}-{kind}-{seed}"
            run = nc.training.fit(f"{name}-small", samples, out=out, recipe=recipe)
            last = run.curves.filter((pl.col("epoch") == recipe.epochs) & (pl.col("split") == "validation"))
            accuracy, digit = last["accuracy"].to_list()
            worst = min(worst, accuracy)
            spent = time.perf_counter() - start
            print(f"{name:<14}{kind:<12}{seed:>4}{accuracy:>20.3f}{digit:>14.3f}{spent:>10.1f}", flush=True)
    minutes = (time.perf_counter() - begun) / 60
    print(f"lowest accuracy {worst:.3f} (limit {ACCURATE}), {minutes:.1f} minutes (limit {MINUTES})")


def main() -> None:
    """Print the tables."""
    print(f"batches of 64, {torch.get_num_threads()} threads, median of {REPEATS} paired epochs")
    print(f"{'network':<14}{'input':<10}{'recipe':<24}{'bare passes':>14}{'ours / bare':>14}{'limit':>8}")
    for case in CASES:
        compare(*case)
    if "--full" in sys.argv:
        digits()


if __name__ == "__main__":
    main()
