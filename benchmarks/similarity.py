"""CKA of 5,000 x 512 representations against the textbook formula with centring matrices, in float64.

Linear CKA from products of columns against the Gram form; Gaussian CKA in tiles, its bandwidth search included,
against plain NumPy. Memory is the largest resident size while ours runs, less that before.
"""

from __future__ import annotations

import gc
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nucleate.measures import cka

N, D = 5_000, 512
TURNS = 3


def representations() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D))
    return X, X @ rng.normal(size=(D, D)) / D**0.5 + rng.normal(size=(N, D))


def linear_gram(X: np.ndarray) -> np.ndarray:
    return X @ X.T


def gaussian_gram(X: np.ndarray) -> np.ndarray:
    gram = X @ X.T
    squared = np.diag(gram)[:, None] + np.diag(gram)[None, :] - 2 * gram
    others = squared.copy()
    np.fill_diagonal(others, np.inf)
    sigma = np.sqrt(others.min(axis=1)).mean()
    return np.exp(-squared / (2 * sigma**2))


def textbook(X: np.ndarray, Y: np.ndarray, gram: Callable[[np.ndarray], np.ndarray]) -> float:
    """tr(K H L H), normalised, as it is printed."""
    H = np.eye(N) - 1 / N
    K, L = H @ gram(X) @ H, H @ gram(Y) @ H
    return float(np.sum(K * L) / np.sqrt(np.sum(K * K) * np.sum(L * L)))


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def peak_mb(task: Callable[[], object]) -> float:
    """Largest resident size during a task, less that before it (Linux)."""
    gc.collect()
    done, before = threading.Event(), resident_mb()
    largest = [before]

    def watch() -> None:
        while not done.wait(0.005):
            largest[0] = max(largest[0], resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    task()
    done.set()
    watcher.join()
    return largest[0] - before


def seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def main() -> int:
    """Print the table; the exit status says whether every limit held."""
    X, Y = representations()
    cka(X[:100], Y[:100], kernel="gaussian")  # compile before anything is measured
    print(f"CKA of two {N:,} x {D} representations, float64; medians of {TURNS} turns")
    print(f"{'kernel':>10} {'ours s':>9} {'textbook s':>11} {'ratio':>16} {'MB':>17} {'difference':>12}")
    held = True
    cases = (
        ("linear", 50, 250, lambda: cka(X, Y), lambda: textbook(X, Y, linear_gram)),
        ("gaussian", 20, 250, lambda: cka(X, Y, kernel="gaussian"), lambda: textbook(X, Y, gaussian_gram)),
    )
    for name, least, most, ours, plain in cases:
        memory = peak_mb(ours)  # before the textbook leaves freed memory behind
        difference = abs(ours() - plain())
        turns = [(seconds(ours), seconds(plain)) for _ in range(TURNS)]
        ratio = statistics.median(slow / fast for fast, slow in turns)
        held &= ratio >= least and memory < most and difference < 1e-9
        fast, slow = (statistics.median(column) for column in zip(*turns, strict=True))
        ratio_text, memory_text = f"{ratio:.0f} (limit {least})", f"{memory:.0f} (limit {most})"
        print(f"{name:>10} {fast:9.3f} {slow:11.2f} {ratio_text:>16} {memory_text:>17} {difference:12.1e}", flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
