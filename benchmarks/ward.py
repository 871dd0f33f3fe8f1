"""Ward's clustering beside scipy, fastcluster and scikit-learn, all in one run on the same samples.

    python benchmarks/ward.py [--full | --longest]

The ratio is the fastest peer's median over ours; the limit is what it must not fall below on two cores. Memory is what
one group takes beyond its samples. `expert` is what one writes who knows that the distances are a matrix product:
scikit-learn's `euclidean_distances`, handed to fastcluster.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from _measuring import apart, mixture
from nucleate.clusters import ward


@dataclass(frozen=True)
class Workload:
    groups: int
    rows: int
    columns: int
    limit: float
    repeats: int
    latent: int = 0  # dimensions of the structure in the samples; 0: noise in every column around four centres
    peers: tuple[str, ...] = ("scipy", "scikit-learn", "fastcluster")

    def samples(self, group: int) -> np.ndarray:
        if self.latent:
            return mixture(self.rows, self.columns, latent=self.latent, seed=group)
        rng = np.random.default_rng(group)
        centers = rng.standard_normal((4, self.columns), dtype=np.float32)
        return centers[rng.integers(0, 4, self.rows)] + rng.standard_normal((self.rows, self.columns), dtype=np.float32)

    def __str__(self) -> str:
        kind = f"{self.latent}-d mixture" if self.latent else "noise"
        return f"{self.groups:>3} x {self.rows:>6,} x {self.columns:>7,}, {kind}"


FEW = Workload(1, 6_500, 8, 0, 1)  # enough rows to compile what large ones need
SMALL = [Workload(50, 200, 2_048, 8, 5), Workload(2, 200, 100_352, 18, 3), Workload(1, 2_000, 2_048, 10, 3)]
FULL = [
    Workload(50, 200, 2_048, 8, 5),
    Workload(10, 200, 100_352, 18, 3),
    Workload(1, 5_000, 2_048, 15, 3, peers=("fastcluster",)),
    Workload(1, 5_000, 2_048, 15, 3, latent=64, peers=("fastcluster",)),
    Workload(1, 10_000, 2_048, 25, 1, peers=("fastcluster",)),
    Workload(1, 10_000, 2_048, 25, 1, latent=64, peers=("scikit-learn", "fastcluster")),
    Workload(1, 20_000, 2_048, 3.5, 1, latent=64, peers=("expert",)),
]
LONGEST = [Workload(1, 20_000, 2_048, 38, 1, latent=64, peers=("scipy",))]


def scipy_ward(X: np.ndarray) -> object:
    from scipy.cluster.hierarchy import linkage

    return linkage(X, "ward")


def sklearn_ward(X: np.ndarray) -> object:
    from sklearn.cluster import ward_tree

    return ward_tree(X)


def fastcluster_ward(X: np.ndarray) -> object:
    import fastcluster

    return fastcluster.linkage(X, "ward")


def expert_ward(X: np.ndarray) -> object:
    import fastcluster
    from scipy.spatial.distance import squareform
    from sklearn.metrics import euclidean_distances

    return fastcluster.linkage(squareform(euclidean_distances(X), checks=False), "ward")


def contenders() -> dict[str, Callable[[np.ndarray], object]]:
    found: dict[str, Callable[[np.ndarray], object]] = {
        "nucleate": ward, "scipy": scipy_ward, "scikit-learn": sklearn_ward
    }  # fmt: skip
    if importlib.util.find_spec("fastcluster"):
        found |= {"fastcluster": fastcluster_ward, "expert": expert_ward}
    return found


def measure(
    workload: Workload, functions: dict[str, Callable[[np.ndarray], object]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds of each contender, and megabytes; they take turns, so that a busy moment meets all alike."""
    alone = {name: apart(Workload.samples, call, workload, 0, first=(FEW, 0)) for name, call in functions.items()}
    megabytes = {name: memory for name, (_, memory) in alone.items()}
    if workload.repeats == workload.groups == 1:  # it takes long: once is enough
        return {name: taken for name, (taken, _) in alone.items()}, megabytes
    groups = [workload.samples(group) for group in range(workload.groups)]
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(workload.repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            for group in groups:
                function(group)
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}, megabytes


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Time Ward's clustering beside its peers.")
    parser.add_argument(
        "--full",
        action="store_true",
        help="the workloads of the stated limits (about ten minutes), large ones beside the fastest peer only",
    )
    parser.add_argument("--longest", action="store_true", help="20,000 samples beside scipy only (about six minutes)")
    options = parser.parse_args(arguments)
    workloads = LONGEST if options.longest else FULL if options.full else SMALL
    functions = contenders()
    for function in functions.values():  # compile and import before the clock starts
        function(np.random.default_rng(0).standard_normal((1_000, 8), dtype=np.float32))
    titles = "".join(f"{name + ' s':>15}{'MB':>7}" for name in functions)
    print(f"{'groups x rows x columns':<42}{titles}{'ratio':>8}{'limit':>7}")
    for workload in workloads:
        chosen = {name: call for name, call in functions.items() if name in ("nucleate", *workload.peers)}
        median, memory = measure(workload, chosen)
        ratio = min(value for name, value in median.items() if name != "nucleate") / median["nucleate"]
        measured = "".join(
            f"{median[name]:>15.3f}{memory[name]:>7.0f}" if name in chosen else f"{'-':>15}{'-':>7}"
            for name in functions
        )
        print(f"{workload!s:<42}{measured}{ratio:>8.1f}{workload.limit:>7.1f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
