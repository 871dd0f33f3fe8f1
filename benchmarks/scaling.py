"""How time and memory grow with the number of samples: neighbours, Ward, density peaks.

    python benchmarks/scaling.py [--columns 512] [--largest 90000]    (default 20,000)

Samples are a mixture of a hundred clusters in 64 latent dimensions, as layers have them. Each cell is one call in a
process of its own: seconds, and megabytes beyond the samples. The exponent is the slope of log time on log n over the
three largest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from _measuring import apart, mixture
from nucleate.clusters import density_peaks, ward
from nucleate.neighbors import Neighbors, knn

SIZES = (5_000, 10_000, 20_000, 50_000, 90_000)
NEIGHBORS = 30
LIST = 16  # neighbours of the search that Ward's time is compared with


def search(X: np.ndarray) -> Neighbors:
    return knn(X, k=NEIGHBORS)


def short_search(X: np.ndarray) -> Neighbors:
    return knn(X, k=LIST)


def searched(n: int, columns: int) -> Neighbors:
    return search(mixture(n, columns))


JOBS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    f"knn, k = {NEIGHBORS}": (mixture, search),
    f"knn, k = {LIST}": (mixture, short_search),
    "ward": (mixture, ward),
    "density peaks": (searched, density_peaks),
}


def measure(name: str, n: int, columns: int) -> tuple[float, float]:
    """Seconds and megabytes of one job."""
    return apart(*JOBS[name], n, columns, first=(6_500, 8))


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of log time on log n over the three largest sizes."""
    return float(np.polyfit(np.log(sizes[-3:]), np.log(seconds[-3:]), 1)[0])


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Time neighbours, Ward and density peaks at growing sizes.")
    parser.add_argument("--columns", type=int, default=512)
    parser.add_argument("--largest", type=int, default=20_000)
    asked = parser.parse_args([] if arguments is None else arguments)
    sizes = [n for n in SIZES if n <= asked.largest]
    print(f"{asked.columns} columns; seconds and MB beyond the samples")
    print(f"{'':<16}" + "".join(f"{n:>16,}" for n in sizes) + f"{'exponent':>10}")
    for name in JOBS:
        cells = [measure(name, n, asked.columns) for n in sizes]
        told = "".join(f"{seconds:>9.2f}{megabytes:>7.0f}" for seconds, megabytes in cells)
        slope = f"{exponent(sizes, [seconds for seconds, _ in cells]):>10.2f}" if len(sizes) > 2 else ""
        print(f"{name:<16}{told}{slope}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
