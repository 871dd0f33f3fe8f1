"""Purity, AMI and ARI against scikit-learn: 90,000 samples in 300 classes and 3,000 clusters, and one layer's sweep."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

from nucleate.measures import ami, ari, purity, purity_baseline

LIMIT = 100  # times faster than scikit-learn, all three measures together


def sklearn_purity(labels: np.ndarray, clusters: np.ndarray) -> float:
    return float(contingency_matrix(labels, clusters, sparse=True).max(axis=0).sum() / len(labels))


PEERS: dict[Callable[..., float], Callable[..., float]] = {
    purity: sklearn_purity,
    ami: metrics.adjusted_mutual_info_score,
    ari: metrics.adjusted_rand_score,
}


def seconds(call: Callable[..., object], *arguments: object, repeats: int = 3) -> float:
    """The fastest of a few calls, after one that warms up."""
    call(*arguments)
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call(*arguments)
        taken.append(time.perf_counter() - start)
    return min(taken)


def nucleation_sized(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """300 classes of 300 samples, most of them in one of ten clusters of their class."""
    labels = rng.permutation(np.repeat(np.arange(300), 300))
    within = labels * 10 + rng.integers(0, 10, len(labels))
    return labels, np.where(rng.random(len(labels)) < 0.6, within, rng.integers(0, 3000, len(labels)))


def sweep(measures: tuple[Callable[..., float], ...], layer: list[tuple[np.ndarray, np.ndarray]]) -> None:
    for labels, clusters in layer:
        for measure in measures:
            measure(labels, clusters)


def row(title: str, ours: float, peer: float | None = None, limit: str = "", difference: str = "") -> None:
    compared = "" if peer is None else f"{peer * 1e3:>11.1f} ms{peer / ours:>8.0f}"
    print(f"{title:<44}{ours * 1e3:>9.2f} ms{compared}{limit:>8}{difference:>12}")


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    labels, clusters = nucleation_sized(rng)
    print(
        f"{'90,000 samples, 300 x 3,000':<44}{'ours':>12}{'scikit-learn':>14}{'ratio':>8}{'limit':>8}{'difference':>12}"
    )
    totals = np.zeros(2)
    for ours, peer in PEERS.items():
        times = seconds(ours, labels, clusters, repeats=20), seconds(peer, labels, clusters, repeats=1)
        totals += times
        difference = abs(ours(labels, clusters) - peer(labels, clusters))
        row(ours.__name__, *times, difference=f"{difference:.1e}")
    row("all three", *totals, limit=str(LIMIT))

    layer = [
        (np.repeat(np.arange(4), 50), rng.integers(0, 4 * factor, 200)) for _ in range(13) for factor in range(1, 11)
    ]
    times = seconds(sweep, tuple(PEERS), layer), seconds(sweep, tuple(PEERS.values()), layer, repeats=1)
    row("one layer: 13 superclasses, factors 1 to 10", *times)
    row("its purity baselines, 100 permutations", seconds(sweep, (purity_baseline,), layer))


if __name__ == "__main__":
    main()
