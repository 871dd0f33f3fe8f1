"""How time and memory grow with the number of samples: extraction, neighbours, Ward, density peaks; and peers.

    python benchmarks/scaling.py [--columns 512] [--largest 20000] [--peers] [--dadapy PYTHON]

Samples are a mixture of a hundred clusters in 64 latent dimensions, as layers have them. Each cell is one call in a
process of its own: seconds, and megabytes beyond the samples. The exponent is the slope of log time on log n over the
three largest. Extraction is everything but the network, which is a single linear layer here: reading the samples,
tapping, checking, hashing and writing blocks to the disk. With --peers, those of scikit-learn, fastcluster and scipy up
to sizes that they finish in about two minutes; DADApy, where an interpreter that holds it is named, is given our
neighbours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from _measuring import apart, mixture
from nucleate.activations import extract, layers, select
from nucleate.clusters import density_peaks, ward
from nucleate.data import Samples, from_arrays
from nucleate.models import as_network
from nucleate.neighbors import Neighbors, knn
from nucleate.storage import BlockStore
from ward import expert_ward, fastcluster_ward, scipy_ward

SIZES = (5_000, 10_000, 20_000, 50_000, 90_000)
NEIGHBORS = 30
LIST = 16  # neighbours of the search that Ward's time is compared with
PIXELS = 8
BLOCK = 1_024
FIRST = (6_500, 8)  # compiles what large ones need

DADAPY = """
import re, sys, time
import numpy as np
from dadapy import Data
from pathlib import Path
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
def cluster(given, count):
    data = Data(distances=(given["distances"][:count], given["indices"][:count]), maxk=given["indices"].shape[1] - 1)
    data.set_id(float(given["dimension"]))
    data.compute_density_kNN(k=data.maxk)
    data.compute_clustering_ADP(Z=1.65)
given = dict(np.load(sys.argv[1]))
Path("/proc/self/clear_refs").write_text("5")
before, start = peak(), time.perf_counter()
cluster(given, len(given["indices"]))
print(time.perf_counter() - start, max(0, peak() - before))
"""


def search(X: np.ndarray) -> Neighbors:
    return knn(X, k=NEIGHBORS)


def short_search(X: np.ndarray) -> Neighbors:
    return knn(X, k=LIST)


def searched(n: int, columns: int) -> Neighbors:
    return search(mixture(n, columns))


def scikit_learn_search(X: np.ndarray) -> object:
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=NEIGHBORS, algorithm="brute").fit(X).kneighbors()


def scikit_learn_ward(X: np.ndarray) -> object:
    from sklearn.cluster import ward_tree

    return ward_tree(X)


def pictures(n: int, columns: int) -> tuple[Samples, int]:
    """Small grey noise, and how many columns the layer shall have."""
    pixels = np.random.default_rng(0).standard_normal((n, 1, PIXELS, PIXELS), dtype=np.float32)
    return from_arrays(pixels), columns


def extraction(given: tuple[Samples, int]) -> None:
    """Every sample through one linear layer, whose output is committed to the disk."""
    samples, columns = given
    network = as_network(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(PIXELS**2, columns)))
    shape = (1, PIXELS, PIXELS)
    with tempfile.TemporaryDirectory() as folder:
        store = BlockStore(Path(folder), "scaling", len(samples), BLOCK)
        spans = [store.span(block) for block in range(store.blocks)]
        chosen = select(layers(network, shape), "output")
        passed = extract(network, samples, spans, layers=chosen, pool="mean", batch_size=256, shape=shape)
        for number, block in enumerate(passed):
            store.commit(number, block.layers, facts={})


@dataclass(frozen=True)
class Job:
    prepare: Callable[..., Any]
    call: Callable[[Any], Any]
    largest: dict[int, int] | None = None  # by columns: the most samples for which a peer is waited for

    def takes(self, n: int, columns: int) -> bool:
        return self.largest is None or n <= self.largest.get(columns, 10_000)


OURS = {
    "extraction": Job(pictures, extraction),
    f"knn, k = {NEIGHBORS}": Job(mixture, search),
    f"knn, k = {LIST}": Job(mixture, short_search),
    "ward": Job(mixture, ward),
    "density peaks": Job(searched, density_peaks),
}
PEERS = {
    "knn, scikit-learn": Job(mixture, scikit_learn_search, {512: 50_000, 2_048: 20_000}),
    "ward, fastcluster": Job(mixture, fastcluster_ward, {}),
    "ward, scikit-learn": Job(mixture, scikit_learn_ward, {}),
    "ward, scipy": Job(mixture, scipy_ward, {}),
    "ward, expert": Job(mixture, expert_ward, {512: 20_000, 2_048: 20_000}),
}


def with_dadapy(python: str, n: int, columns: int) -> tuple[float, float]:
    """Seconds and megabytes of DADApy's density peaks of our neighbours."""
    found = searched(n, columns)
    own = np.arange(n)[:, None]
    with tempfile.TemporaryDirectory() as folder:
        np.savez(
            graph := Path(folder) / "graph.npz", indices=np.concatenate([own, found.indices], axis=1),
            distances=np.concatenate([np.zeros((n, 1)), found.distances], axis=1),
            dimension=density_peaks(found).landscape.dimension,
        )  # fmt: skip
        done = subprocess.run([python, "-c", DADAPY, str(graph)], capture_output=True, text=True, check=True)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of log time on log n over the three largest sizes."""
    return float(np.polyfit(np.log(sizes[-3:]), np.log(seconds[-3:]), 1)[0])


def print_row(name: str, sizes: list[int], measure: Callable[[int], tuple[float, float] | None]) -> None:
    """One row of the table; None where a size is left out."""
    print(f"{name:<20}", end="", flush=True)
    cells = {}
    for n in sizes:
        cell = measure(n)
        if cell is not None:
            cells[n] = cell[0]
        print(f"{'-':>16}" if cell is None else f"{cell[0]:>9.3f}{cell[1]:>7.0f}", end="", flush=True)
    print(f"{exponent(list(cells), list(cells.values())):>10.2f}" if len(cells) > 2 else "", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Time neighbours, Ward and density peaks at growing sizes.")
    parser.add_argument("--columns", type=int, default=512)
    parser.add_argument("--largest", type=int, default=20_000)
    parser.add_argument("--peers", action="store_true", help="scikit-learn, fastcluster and scipy instead of ours")
    parser.add_argument("--dadapy", metavar="PYTHON", help="an interpreter that holds DADApy")
    asked = parser.parse_args([] if arguments is None else arguments)
    sizes = [n for n in SIZES if n <= asked.largest]
    print(f"{asked.columns} columns; seconds and MB beyond the samples")
    print(f"{'':<20}" + "".join(f"{n:>16,}" for n in sizes) + f"{'exponent':>10}")
    for name, job in (PEERS if asked.peers else OURS).items():

        def measure(n: int, job: Job = job) -> tuple[float, float] | None:
            return apart(job.prepare, job.call, n, asked.columns, first=FIRST) if job.takes(n, asked.columns) else None

        print_row(name, sizes, measure)
    if asked.dadapy:
        print_row("density peaks, DADApy", sizes, lambda n: with_dadapy(asked.dadapy, n, asked.columns))


if __name__ == "__main__":
    main(sys.argv[1:])
