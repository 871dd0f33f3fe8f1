"""One layer as paper A scores it: 13 superclasses of 200 samples, overclustering factors 1 to 10, purity and AMI.

    python benchmarks/sweep.py

scikit-learn fits its clustering anew for each factor, as published code does; one scipy tree per superclass is the best
that can be had by hand. All three must give the same scores.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from nucleate.clusters import ward
from nucleate.measures import ami, purity

SUPERCLASSES, SUBCLASSES, SAMPLES, COLUMNS = 13, 4, 200, 2_048
COUNTS = [SUBCLASSES * factor for factor in range(1, 11)]
REPEATS = 5
LIMITS = {"scikit-learn, refitted": 25, "one scipy tree": 5}

Scores = list[tuple[float, float]]


def superclass(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of unit length around four hidden centres, and which centre each belongs to."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, SUBCLASSES, SAMPLES)
    centers = rng.standard_normal((SUBCLASSES, COLUMNS), dtype=np.float32)
    X = 0.3 * centers[labels] + rng.standard_normal((SAMPLES, COLUMNS), dtype=np.float32)
    return X / np.linalg.norm(X, axis=1, keepdims=True), labels


def ours(X: np.ndarray, labels: np.ndarray) -> Scores:
    return [(purity(labels, clusters), ami(labels, clusters)) for clusters in ward(X).cut(COUNTS)]


def refitted(X: np.ndarray, labels: np.ndarray) -> Scores:
    return [sklearn_scores(labels, AgglomerativeClustering(count).fit_predict(X)) for count in COUNTS]


def one_tree(X: np.ndarray, labels: np.ndarray) -> Scores:
    return [sklearn_scores(labels, clusters) for clusters in cut_tree(linkage(X, "ward"), COUNTS).T]


def sklearn_scores(labels: np.ndarray, clusters: np.ndarray) -> tuple[float, float]:
    largest = contingency_matrix(labels, clusters).max(axis=0).sum()
    return float(largest / len(labels)), float(adjusted_mutual_info_score(labels, clusters))


CONTENDERS: dict[str, Callable[[np.ndarray, np.ndarray], Scores]] = {
    "nucleate": ours,
    "scikit-learn, refitted": refitted,
    "one scipy tree": one_tree,
}


def main() -> None:
    """Print the table."""
    layer = [superclass(seed) for seed in range(SUPERCLASSES)]
    scores = {name: [contender(X, labels) for X, labels in layer] for name, contender in CONTENDERS.items()}  # warms up
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for _ in range(REPEATS):  # they take turns, so that a busy moment of the machine meets all alike
        for name, contender in CONTENDERS.items():
            start = time.perf_counter()
            for X, labels in layer:
                contender(X, labels)
            seconds[name].append(time.perf_counter() - start)
    print(
        f"{'one layer, 13 x 200 x 2,048, factors 1 to 10':<46}{'median':>10}{'ratio':>8}{'limit':>7}{'difference':>12}"
    )
    fastest = statistics.median(seconds["nucleate"])
    for name in CONTENDERS:
        median = statistics.median(seconds[name])
        difference = float(np.abs(np.array(scores[name]) - np.array(scores["nucleate"])).max())
        limit = LIMITS.get(name, "")
        print(f"{name:<46}{median:>8.3f} s{median / fastest:>8.1f}{limit:>7}{difference:>12.1e}")


if __name__ == "__main__":
    main()
