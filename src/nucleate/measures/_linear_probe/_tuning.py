"""A linear classifier whose penalty is chosen on held-out samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from nucleate.errors import ArrayError
from nucleate.measures._linear_probe._logistic import Problem, fit
from nucleate.measures._linear_probe._principal_axes import prepare

RELATIVE_STRENGTHS = tuple(10.0**power for power in range(2, -5, -1))
HELD_OUT = 0.2
TUNING_TOLERANCE, FINAL_TOLERANCE = 1e-4, 1e-7  # nats per sample
MAX_ITERATIONS = 1000


@dataclass(frozen=True, eq=False)
class Classifier:
    """A fitted linear classifier.

    Attributes
    ----------
    weights : float64, shape (classes, d)
    intercepts : float64, shape (classes,)
    strength : float
    held_out : dict
        Accuracy on held-out samples for every strength tried.
    loss : float
        Mean cross-entropy plus penalty, in nats.
    iterations : int
    converged : bool
    """

    weights: Float[np.ndarray, "classes d"]
    intercepts: Float[np.ndarray, " classes"]
    strength: float
    held_out: dict[float, float]
    loss: float
    iterations: int
    converged: bool

    def classify(self, X: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
        """The most probable class of each row, the first among equals."""
        size = max(1, 2**24 // X.shape[1])  # rows whose float64 copy takes 128 MB
        blocks = (X[start : start + size].astype(np.float64) for start in range(0, len(X), size))
        return np.concatenate([(block @ self.weights.T + self.intercepts).argmax(axis=1) for block in blocks])


def fit_tuned(
    X: Float[np.ndarray, "n d"],
    codes: Int[np.ndarray, " n"],
    *,
    strengths: Sequence[float] | None,
    seed: int,
    device: torch.device,
) -> Classifier:
    """Fit logistic regression with the strength that serves held-out samples best.

    Strengths are tried from the strongest to the weakest, each fit starting from the one before; among equals the
    strongest wins. Without `strengths`, multiples of the rows' mean squared distance from their mean are tried.

    Raises
    ------
    ArrayError
        When there is a strength to choose and no class has two samples.
    """
    tuned = strengths is None or len(set(strengths)) > 1
    order, n_kept = split(codes, seed) if tuned else (np.arange(len(codes)), len(codes))
    prepared = prepare(X, order, device)
    targets = torch.from_numpy(codes[order]).to(device)
    problem = Problem(prepared.rows, targets, int(codes.max()) + 1, prepared.uncorrelated)
    if strengths is None:
        strengths = [relative * prepared.spread for relative in RELATIVE_STRENGTHS]
    path = sorted(set(strengths), reverse=True)
    relative = [strength / prepared.spread for strength in path]  # rows were divided by the root of the spread
    fits, accuracies = _path(problem, n_kept, relative) if tuned else ([problem.zeros()], [])
    best = int(np.argmax(accuracies)) if tuned else 0
    final = fit(problem, relative[best], fits[best], tolerance=FINAL_TOLERANCE, max_iterations=MAX_ITERATIONS)
    return Classifier(
        *prepared.undo(final.point),
        strength=path[best],
        held_out=dict(zip(path, accuracies, strict=False)),
        loss=final.value,
        iterations=final.iterations,
        converged=final.converged,
    )


def _path(problem: Problem, n_kept: int, strengths: Sequence[float]) -> tuple[list[Tensor], list[float]]:
    """Fits to the first rows, and their accuracies on the other rows, for every strength."""
    kept = Problem(problem.rows[:n_kept], problem.codes[:n_kept], problem.n_classes, problem.uncorrelated)
    fits: list[Tensor] = []
    accuracies = []
    for strength in strengths:
        start = fits[-1] if fits else problem.zeros()
        fits.append(fit(kept, strength, start, tolerance=TUNING_TOLERANCE, max_iterations=MAX_ITERATIONS).point)
        weights, intercepts = fits[-1][:, :-1].to(problem.rows.dtype), fits[-1][:, -1].to(problem.rows.dtype)
        predicted = torch.addmm(intercepts, problem.rows[n_kept:], weights.T).argmax(1)
        accuracies.append(float((predicted == problem.codes[n_kept:]).double().mean()))
    return fits, accuracies


def split(codes: Int[np.ndarray, " n"], seed: int) -> tuple[Int[np.ndarray, " n"], int]:
    """A random order in which a stratified fifth of the samples comes last, and the number of those before it.

    Of every class with two samples or more at least one is held out and one kept.

    Raises
    ------
    ArrayError
        When no class has two samples.
    """
    rng = np.random.default_rng(seed)
    sizes = np.bincount(codes)
    quota = np.where(sizes > 1, np.maximum(1, np.rint(HELD_OUT * sizes)), 0)
    if not quota.any():
        raise ArrayError("y_train has no class with two samples, so none can be held out", "Pass a single strength")
    by_class = np.lexsort((rng.random(len(codes)), codes))
    rank = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    held_out = np.empty(len(codes), dtype=bool)
    held_out[by_class] = rank < np.repeat(quota, sizes)
    shuffled = rng.permutation(len(codes))
    return shuffled[np.argsort(held_out[shuffled], kind="stable")], int((~held_out).sum())
