"""A small network with random weights and small samples, probed once for all tests of the room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from nucleate.data import Samples, from_arrays
from nucleate.models import Network, as_network
from nucleate.pipeline import Reporter, Run, probe

SHAPE = (1, 8, 8)
LEAVES = ("p", "q", "r", "s", "t")
PARENTS = {"p": "a", "q": "a", "r": "b", "s": "b", "t": "b"}


class SmallNet(nn.Module):
    """Two convolutions and a linear layer, with ReLU in place."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 6, 3)
        self.second = nn.Conv2d(6, 5, 3)
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Linear(5, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.first(x))
        x = self.relu(self.second(x))
        return self.head(x.mean((2, 3)))


def make_network(seed: int = 0) -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return as_network(SmallNet(), name="small", input_shape=SHAPE)


def make_samples(n: int = 90, seed: int = 0) -> Samples:
    generator = np.random.default_rng(seed)
    leaves = [LEAVES[row % len(LEAVES)] for row in range(n)]
    bumps = {leaf: generator.normal(size=SHAPE) for leaf in LEAVES}
    values = np.stack([bumps[leaf] + 0.7 * generator.normal(size=SHAPE) for leaf in leaves]).astype(np.float32)
    labels = {"superclass": [PARENTS[leaf] for leaf in leaves], "subclass": leaves}
    splits = ["train" if row < n // 3 else "validation" for row in range(n)]
    return from_arrays(values, labels, split=splits, name="bumps")


OPTIONS = {"layers": "input,blocks", "k": 4, "factors": (1, 2, 3), "batch_size": 4, "workers": 0}


def run_probe(out: Path, **options: object) -> Run:
    """Probe the small network with the small samples, quietly."""
    arguments: dict[str, object] = {"network": make_network(), "samples": make_samples(), **OPTIONS, **options}
    network, samples = arguments.pop("network"), arguments.pop("samples")
    return probe(network, samples, out=out, reporter=Reporter(stream=None), **arguments)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run folder that two equal runs share."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("log.jsonl", ".lock")
    }
