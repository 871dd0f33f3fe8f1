"""The linear probe: how well a linear classifier reads classes from a frozen layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int, Shaped

from nucleate.arrays import as_codes, as_matrix, to_numpy
from nucleate.errors import ArrayError, UsageError
from nucleate.measures._wilson import wilson_interval

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False, repr=False)
class LinearProbe:
    """A linear probe's accuracy, and how it came about.

    Attributes
    ----------
    accuracy : float
        Share of evaluation samples whose class was predicted.
    interval : tuple of float
        95 % Wilson interval of the accuracy.
    chance : float
        Accuracy of predicting the most frequent training class everywhere.
    strength : float
        The penalty that was used, ``1 / C`` in scikit-learn's terms.
    held_out : mapping from float to float
        Accuracy on the held-out part of the training split for every strength tried; empty where there was no choice.
    predictions : array, shape (n_eval,)
        The predicted label of every evaluation sample.
    unseen : tuple
        Labels of the evaluation split that training lacks: their samples count as errors.
    loss : float
        The minimised objective in nats per training sample: mean cross-entropy plus penalty.
    iterations : int
        Of the final fit.
    converged : bool
        Whether the final fit is estimated to be within 1e-7 nats per sample of the minimum.
    """

    accuracy: float
    interval: tuple[float, float]
    chance: float
    strength: float
    held_out: Mapping[float, float]
    predictions: Shaped[np.ndarray, " n"]
    unseen: tuple[Any, ...]
    loss: float
    iterations: int
    converged: bool

    def __repr__(self) -> str:
        low, high = self.interval
        state = "" if self.converged else ", not converged"
        return (
            f"LinearProbe(accuracy={self.accuracy:.4f} [{low:.4f}, {high:.4f}], chance={self.chance:.4f}, "
            f"strength={self.strength:.3g}{state})"
        )


def linear_probe(
    X_train: Any,
    y_train: Any,
    X_eval: Any,
    y_eval: Any,
    *,
    strengths: Sequence[float] | None = None,
    seed: int = 0,
    device: str | None = None,
) -> LinearProbe:
    """Fit multinomial logistic regression on the training split and count its hits on the evaluation split.

    Weights W and intercepts minimise (sum over samples of the cross-entropy, in nats) + strength/2 * ||W||^2, which is
    the objective of scikit-learn's ``LogisticRegression(C=1 / strength)``. The strength is the one with the best
    accuracy on a held-out, stratified fifth of the training split (the strongest among equals); the final fit uses the
    whole split.

    Parameters
    ----------
    X_train, X_eval : float, shapes (n, d) and (n_eval, d)
        Used as they are: columns are not rescaled. Products are taken in the dtype of `X_train`, sums in float64.
    y_train, y_eval : integers or strings, shapes (n,) and (n_eval,)
    strengths : sequence of float, optional
        Strengths to choose from; a single one is used without holding anything out. By default powers of ten from 100
        down to 1e-4, times the mean squared distance of the training samples from their mean.
    seed : int
        Draws the held-out part.
    device : str, optional
        ``"cpu"`` (default) or a CUDA device.

    Returns
    -------
    LinearProbe

    Notes
    -----
    Time: two products of (n, d) with (d, classes) per iteration, some tens of iterations per strength; where columns
    outnumber rows they are first rotated, exactly, into as many columns as rows (n^2 d, once). Memory: one copy of
    `X_train`.

    Raises
    ------
    ArrayError
        When shapes do not fit, a split is empty, values are NaN or infinite, labels are missing or of two kinds, or
        there is a strength to choose and no class with two samples.
    UsageError
        When a strength is not positive, or the device is neither the CPU nor CUDA.

    References
    ----------
    T. Nguyen, S. Kornblith, "Probing clustering in neural network representations", 2023.

    Examples
    --------
    >>> X = np.array([[-1.0], [-0.9], [-0.8], [0.8], [0.9], [1.0]])
    >>> probe = linear_probe(X, ["a", "a", "a", "b", "b", "b"], [[-0.5], [0.5]], ["a", "b"])
    >>> probe.accuracy, probe.chance
    (1.0, 0.5)
    >>> probe.predictions
    array(['a', 'b'], dtype='<U1')
    """
    X_train, X_eval = as_matrix(X_train, name="X_train"), as_matrix(X_eval, name="X_eval")
    if X_train.shape[1] != X_eval.shape[1]:
        raise ArrayError(
            f"X_train has {X_train.shape[1]} columns, X_eval {X_eval.shape[1]}", "Pass the same layer of both splits"
        )
    labels, codes = _joint_codes(y_train, y_eval, len(X_train), len(X_eval))
    target = codes[len(X_train) :]
    seen, y = np.unique(codes[: len(X_train)], return_inverse=True)
    strengths = _checked_strengths(strengths)

    from nucleate.measures._linear_probe._tuning import fit_tuned  # here, because it imports torch

    classifier = fit_tuned(X_train, y, strengths=strengths, seed=seed, device=_torch_device(device))
    predicted = seen[classifier.classify(X_eval)]
    hits = int((predicted == target).sum())
    return LinearProbe(
        accuracy=hits / len(target),
        interval=wilson_interval(hits, len(target)),
        chance=float((target == seen[np.bincount(y).argmax()]).mean()),
        strength=classifier.strength,
        held_out=MappingProxyType(classifier.held_out),
        predictions=labels[predicted],
        unseen=tuple(labels[np.setdiff1d(target, seen)].tolist()),
        loss=classifier.loss,
        iterations=classifier.iterations,
        converged=classifier.converged,
    )


def _joint_codes(
    y_train: Any, y_eval: Any, n_train: int, n_eval: int
) -> tuple[Shaped[np.ndarray, " classes"], Int[np.ndarray, " n"]]:
    """Sorted labels of both splits, and a code for every sample of the one and then the other."""
    as_codes(y_train, name="y_train", n=n_train)
    as_codes(y_eval, name="y_eval", n=n_eval)
    train, evaluation = (np.array(to_numpy(labels).tolist()) for labels in (y_train, y_eval))
    if (train.dtype.kind == "U") != (evaluation.dtype.kind == "U"):
        raise ArrayError(
            f"y_train holds {train.dtype} labels, y_eval {evaluation.dtype}", "Name the classes alike in both splits"
        )
    labels, codes = np.unique(np.concatenate([train, evaluation]), return_inverse=True)
    return labels, codes.astype(np.int64)


def _checked_strengths(strengths: Sequence[float] | None) -> list[float] | None:
    if strengths is None:
        return None
    checked = [float(strength) for strength in strengths]
    if not checked or not all(0 < strength < float("inf") for strength in checked):
        raise UsageError(f"strengths are {checked}", "Pass positive numbers")
    return checked


def _torch_device(name: str | None) -> torch.device:
    import torch

    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    known = ["cpu", "cuda", *cuda] if cuda else ["cpu"]
    if name is not None and name not in known:
        raise UsageError(f"Unknown device {name!r}", f"Choose from: {', '.join(known)}")
    return torch.device(name or "cpu")
