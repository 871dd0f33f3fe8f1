"""Runs of untrained networks that stand in for every probe of a study, so that claims and pictures can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.data import Samples, digits
from nucleate.models import Network, Preprocessing, as_network, load
from nucleate.pipeline import Reporter, Run, probe
from nucleate.pipeline._transfer import at_one_level
from nucleate.studies._evidence import Evidence
from nucleate.studies.declare._jobs import Probed
from nucleate.studies.declare._probes import CLUSTERS, WHOLE
from nucleate.studies.declare._study import Setting

LAYERS = ("layer1.0", "layer2.0", "layer3.1", "layer3.2", "output")
SEEDS = 3


@dataclass(frozen=True)
class StandIns:
    """Runs by seed: of clusters inside superclasses at a few layers, and of clusters of all samples."""

    inside: tuple[Run, ...]
    whole: tuple[Run, ...]

    def evidence(self, setting: Setting) -> Evidence:
        """Evidence of a setting of cluster probes; runs take turns."""
        turns = {False: cycle(self.inside), True: cycle(self.whole)}
        probes = [work for work in setting.works if isinstance(work, Probed)]
        return Evidence(setting, {work: next(turns[work.whole]) for work in probes}, {})


def make_stand_ins(root: Path) -> StandIns:
    """Probe untrained networks with a few digits, in seconds."""
    samples = few_digits()
    inside, whole = {**dict(CLUSTERS["small"]), "layers": LAYERS}, dict(WHOLE)
    networks = [_untrained(seed) for seed in range(SEEDS)]
    return StandIns(
        tuple(_probed(one, samples, root / f"inside-{seed}", inside) for seed, one in enumerate(networks)),
        tuple(_probed(one, at_one_level(samples), root / f"whole-{seed}", whole) for seed, one in enumerate(networks)),
    )


def few_digits() -> Samples:
    """Eight digits of each kind to learn, twelve to validate."""
    every = digits()
    labels = every.labels("subclass")
    rows = [
        np.intersect1d(every.rows(split), np.flatnonzero(labels == str(digit)))[:count]
        for split, count in (("train", 8), ("validation", 12))
        for digit in range(10)
    ]
    return every.take(np.concatenate(rows))


def _untrained(seed: int) -> Network:
    network = load("resnet-small", pretrained=False, num_classes=3, seed=seed)
    return as_network(network, preprocessing=Preprocessing((8, 8), 1, mean=(0.5,), std=(0.5,)))


def _probed(network: Network, samples: Samples, out: Path, options: dict[str, Any]) -> Run:
    return probe(network, samples, out=out, reporter=Reporter(stream=None), workers=0, **options)
