"""The demonstration: one small network, two hierarchies of the ten digits, one report that compares them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nucleate import models, training
from nucleate.data import digits
from nucleate.data.digits import natural_digits
from nucleate.data.samples import Samples
from nucleate.labels import Hierarchy
from nucleate.models import Network, Preprocessing
from nucleate.pipeline import Reporter, Run, probe
from nucleate.report import report

PREPROCESSING = Preprocessing(size=(8, 8), channels=1, mean=(0.5,), std=(0.5,))
K = 15  # half of the smallest class and less, so that neighbourhoods can be pure


def run_demo(out: Path, *, epochs: int, seed: int, reporter: Reporter) -> Path:
    """Train and probe with a natural-looking and a shuffled hierarchy; return the report that compares them."""
    natural = natural_digits()
    runs = [
        _run(natural, out / "natural", epochs=epochs, seed=seed, reporter=reporter),
        _run(natural.shuffled(seed), out / "shuffled", epochs=epochs, seed=seed, reporter=reporter),
    ]
    return report(runs, out=out / "report.html")


def _run(hierarchy: Hierarchy, out: Path, *, epochs: int, seed: int, reporter: Reporter) -> Run:
    samples = digits(hierarchy=hierarchy)
    network = _trained(samples, out, epochs=epochs, seed=seed, reporter=reporter)
    return probe(network, samples, out=out / "run", reporter=reporter, layers=("input", "blocks"), k=K, seed=seed)


def _trained(samples: Samples, out: Path, *, epochs: int, seed: int, reporter: Reporter) -> Network:
    checkpoint = out / "network.safetensors"
    ...


def _inputs(samples: Samples, split: str) -> tuple[np.ndarray, np.ndarray]:
    rows = samples.rows(split)
    ...
