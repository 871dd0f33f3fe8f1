"""The linear probe against scikit-learn: 50,000 x 2,048 float32, 52 classes, the same strength and an equal loss.

    python benchmarks/linear_probe.py [rows]

scikit-learn's L-BFGS gets 20 iterations; we get as many as it takes to reach its loss. The floor is what both need for
their iterations at least: one product forward and one backward.
"""

from __future__ import annotations

import sys
import time
import warnings
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from nucleate.measures import linear_probe
from nucleate.measures._linear_probe._lbfgs import Minimum
from nucleate.measures._linear_probe._logistic import Problem, fit
from nucleate.measures._linear_probe._principal_axes import prepare

COLUMNS, CLASSES, ITERATIONS = 2048, 52, 20
LIMIT = 1.5  # times faster than scikit-learn


def layer(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rectified activations: subclasses within superclasses, a decaying spectrum, columns of unequal scale."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, CLASSES, n)
    centers = np.repeat(rng.standard_normal((13, 64)), 4, axis=0) + 0.7 * rng.standard_normal((CLASSES, 64))
    signal = (centers[codes] + 1.5 * rng.standard_normal((n, 64))).astype(np.float32)
    spectrum = np.arange(1, 513, dtype=np.float32)[:, None] ** -0.5
    X = signal @ (rng.standard_normal((64, COLUMNS), dtype=np.float32) * spectrum[:64])
    X += rng.standard_normal((n, 512), dtype=np.float32) @ (rng.standard_normal((512, COLUMNS), np.float32) * spectrum)
    X += 0.3 * rng.standard_normal((n, COLUMNS), dtype=np.float32)
    return np.maximum(X, 0) * np.exp(0.7 * rng.standard_normal(COLUMNS)).astype(np.float32), codes


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def sklearn_fit(X: np.ndarray, codes: np.ndarray, strength: float) -> tuple[float, float]:
    """Seconds of 20 iterations, and the loss they reach in nats per sample."""
    model = LogisticRegression(C=1 / strength, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        seconds, _ = timed(lambda: model.fit(X, codes))
    log_probabilities = model.predict_log_proba(X)[np.arange(len(X)), codes]
    penalty = strength / (2 * len(X)) * float(np.square(model.coef_, dtype=np.float64).sum())
    return seconds, penalty - float(log_probabilities.mean(dtype=np.float64))


def our_fit(X: np.ndarray, codes: np.ndarray, strength: float, iterations: int) -> Minimum:
    prepared = prepare(X, np.arange(len(X)), torch.device("cpu"))
    problem = Problem(prepared.rows, torch.from_numpy(codes), CLASSES)
    return fit(problem, strength / prepared.spread, problem.zeros(), tolerance=0.0, max_iterations=iterations)


def product_seconds(X: np.ndarray) -> float:
    """One product forward and one backward, the faster of three."""
    rows, weights = torch.from_numpy(X), torch.zeros(CLASSES, COLUMNS)
    return min(timed(lambda: (rows @ weights.T).T @ rows)[0] for _ in range(3))


def main(n: int = 50_000) -> None:
    """Print the table."""
    X, codes = layer(n)
    spread = float(np.square(X - X.mean(axis=0)).sum(axis=1).mean())
    product = product_seconds(X)
    print(f"{n:,} x {COLUMNS:,}, {CLASSES} classes; a product forward and backward takes {product:.2f} s")
    print(f"{'strength':>9}{'loss':>9}{'scikit-learn':>19}{'ours':>19}{'ratio':>7}{'limit':>7}{'ours / floor':>14}")
    for relative in (1.0, 0.01):
        strength = relative * spread
        their_seconds, their_loss = sklearn_fit(X, codes, strength)
        tries = range(1, 100)
        reached = bisect_left(
            tries, True, key=lambda i, s=strength, loss=their_loss: our_fit(X, codes, s, i).value <= loss
        )
        needed = tries[reached]
        our_seconds, found = timed(lambda s=strength, i=needed: our_fit(X, codes, s, i))
        print(
            f"{strength:>9.3g}{their_loss:>9.4f}{their_seconds:>9.2f} s {ITERATIONS:>3} it."
            f"{our_seconds:>9.2f} s {needed:>3} it.{their_seconds / our_seconds:>7.2f}{LIMIT:>7}"
            f"{our_seconds / (found.evaluations * product):>14.2f}"
        )
    seconds, probe = timed(lambda: linear_probe(X, codes, X[:5000], codes[:5000]))
    print(f"the whole probe, {len(probe.held_out)} strengths and the final fit: {seconds:.1f} s")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
