"""Density peaks, saddles and merges of a given neighbour graph, beside DADApy where it is installed.

    python benchmarks/density_peaks.py [--full]

Both start from the same 30 neighbours; the search for them is not timed. The limit is seconds on one core.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from nucleate.clusters import Peaks, density_peaks
from nucleate.neighbors import Neighbors

K = 30
DIMENSION = 5


@dataclass(frozen=True)
class Workload:
    samples: int
    limit: float
    components: int = 300
    spread: float = 6

    def neighbors(self) -> Neighbors:
        """Of a mixture of overlapping components, by default 300 as the classes of the paper at the output."""
        rng = np.random.default_rng(0)
        centers = self.spread * rng.standard_normal((self.components, DIMENSION))
        X = centers[rng.integers(0, self.components, self.samples)] + rng.standard_normal((self.samples, DIMENSION))
        distances, indices = KDTree(X).query(X, K + 1, workers=-1)
        return Neighbors.from_arrays(indices[:, 1:], distances[:, 1:])


SMALL = [Workload(10_000, 0.01)]
FULL = [Workload(10_000, 0.01), Workload(50_000, 0.03), Workload(90_000, 0.06), Workload(90_000, 0.06, 1_300, 12)]


def median_seconds(function: Callable[[], object], repeats: int = 5) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def dadapy_seconds(neighbors: Neighbors, peaks: Peaks) -> float | None:
    """Seconds of DADApy's clustering on the same graph, None where it is missing or cannot load."""
    try:
        from dadapy import Data
    except ImportError:
        return None
    own = np.arange(neighbors.n)[:, None]
    indices = np.concatenate([own, neighbors.indices], axis=1)
    distances = np.concatenate([np.zeros_like(own, dtype=float), neighbors.distances], axis=1)
    data = Data(distances=(distances, indices), maxk=K)
    data.set_id(DIMENSION)
    data.compute_density_kNN(k=K)
    seconds = median_seconds(lambda: data.compute_clustering_ADP(Z=peaks.z), repeats=1)
    if set(data.cluster_centers) != set(peaks.centers.tolist()):
        raise AssertionError("DADApy found other peaks")
    return seconds


def row(workload: Workload) -> str:
    neighbors = workload.neighbors()
    peaks = density_peaks(neighbors, dimension=DIMENSION)
    nearest = median_seconds(lambda: density_peaks(neighbors, dimension=DIMENSION))
    every = median_seconds(lambda: density_peaks(neighbors, dimension=DIMENSION, border="any"))
    later = median_seconds(lambda: peaks.at(3.0))
    peer = dadapy_seconds(neighbors, peaks)
    compared = f"{peer:>10.2f}{peer / nearest:>7.0f}" if peer else f"{'-':>10}{'-':>7}"
    times = f"{nearest:>11.4f}{every:>8.4f}{later:>9.4f}{workload.limit:>9.3f}"
    return f"{workload.samples:>8,}{times}{compared}{len(peaks.landscape.centers):>7}{len(peaks.centers):>7}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Time density peaks beside DADApy.")
    parser.add_argument("--full", action="store_true", help="10,000, 50,000 and 90,000 samples")
    workloads = FULL if parser.parse_args(arguments).full else SMALL
    header = ("samples", 8), ("nearest s", 11), ("any s", 8), ("at(z) s", 9), ("limit s", 9)
    print(
        "".join(
            f"{name:>{width}}" for name, width in (*header, ("dadapy s", 10), ("ratio", 7), ("raw", 7), ("peaks", 7))
        )
    )
    for workload in workloads:
        print(row(workload), flush=True)


if __name__ == "__main__":
    main()
