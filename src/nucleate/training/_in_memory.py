"""Training on arrays in memory, without a folder: the simple face of the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int

from nucleate.arrays import to_numpy
from nucleate.errors import ArrayError
from nucleate.models import Network
from nucleate.training._evaluation import predict
from nucleate.training._inputs import ArrayInputs
from nucleate.training._loop import Training, check_batches
from nucleate.training._recipe import recipe
from nucleate.training.objectives import Classification

Progress = Callable[[int, int, float], None]
"""Called after each epoch with the epochs done, the epochs in all, and the mean loss of the last."""


@dataclass(frozen=True)
class TrainingResult:
    """How a training went.

    Parameters
    ----------
    losses : tuple of float
        Mean loss of each epoch.
    accuracy : float
        Share of the training images that the network classifies rightly in the end, in evaluation mode.
    """

    losses: tuple[float, ...] = field(repr=False)
    accuracy: float

    def __repr__(self) -> str:
        return f"TrainingResult({len(self.losses)} epochs, loss {self.losses[-1]:.4f}, accuracy {self.accuracy:.3f})"


def train(
    network: Network,
    images: Float[np.ndarray, "n c h w"],
    labels: Int[np.ndarray, " n"],
    *,
    epochs: int = 15,
    batch_size: int = 64,
    lr: float = 0.05,
    weight_decay: float = 1e-4,
    seed: int = 0,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train a network in place to classify images, with softmax cross-entropy; `fit` offers more.

    SGD with momentum 0.9; the learning rate climbs to `lr` over the first tenth of the steps and falls to zero along a
    cosine. Weight decay acts on tensors of more than one dimension.

    Parameters
    ----------
    network : Network
        Its weights are where training starts: `models.load(..., seed=...)` draws them.
    images : float32 array of shape (n, c, h, w)
        Preprocessed inputs.
    labels : integers of shape (n,)
        Classes 0 ... K - 1, K at most the network's outputs.
    epochs, batch_size : int
        Passes over the images and images per step; the last batches are evened out.
    lr, weight_decay : float
        Peak learning rate, and weight decay.
    seed : int
        Of the order of the images and of dropout. Equal seeds give equal weights on one machine's CPU.
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    ArrayError
        When images and labels do not fit each other or the network, or hold only one class.
    UsageError
        When a number is impossible, or a batch of one meets batch normalisation.
    RunError
        When the loss stops being finite; epoch and step are named.

    Examples
    --------
    >>> from nucleate.models import load
    >>> network = load("resnet-small", pretrained=False, num_classes=2)
    >>> light = np.arange(16) % 2
    >>> images = np.ones((16, 1, 8, 8), np.float32) * light[:, None, None, None]
    >>> train(network, images, light, epochs=3, batch_size=8).accuracy
    1.0
    """
    how = recipe(
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        weight_decay=weight_decay,
        warm_up=0.1 * epochs,
        seed_order=seed,
        seed_augmentation=seed,
    )
    inputs = as_inputs(images, labels)
    classes = check_classes(network, inputs)
    check_batches(network, len(inputs.values), batch_size=batch_size)
    task = Classification(
        network.module, name=network.name, num_classes=classes, objective_name=how.objective, parameters={}
    )
    training = Training(task, how, inputs)
    losses = []
    for number in range(1, epochs + 1):
        losses.append(training.epoch(number).loss)
        if progress is not None:
            progress(number, epochs, losses[-1])
    return TrainingResult(tuple(losses), accuracy(network, images, labels))


def accuracy(network: Network, images: Float[np.ndarray, "n c h w"], labels: Int[np.ndarray, " n"]) -> float:
    """Share of images whose highest output is their label, in evaluation mode.

    Raises
    ------
    ArrayError
        When images and labels do not fit each other.
    """
    inputs = as_inputs(images, labels)
    predictions = predict(network, inputs)
    return float((predictions.classes == inputs.targets).mean())


def as_inputs(images: object, labels: object) -> ArrayInputs:
    """Images as floats and labels as int64, checked against each other."""
    x, y = to_numpy(images), to_numpy(labels)
    if x.ndim < 2 or x.dtype.kind != "f" or len(x) == 0:
        raise ArrayError(f"images have shape {x.shape} and dtype {x.dtype}", "Pass floats of shape (n, c, h, w), n > 0")
    if y.shape != (len(x),) or y.dtype.kind not in "iu":
        raise ArrayError(
            f"labels have shape {y.shape} and dtype {y.dtype} for {len(x)} images", "Pass one integer per image"
        )
    if y.min() < 0:
        raise ArrayError(f"labels hold {y.min()}", "Count classes from 0")
    return ArrayInputs(x, y.astype(np.int64))


def check_classes(network: Network, inputs: ArrayInputs) -> int:
    """How many classes a network tells apart; refuse labels that hold one class, or more than these."""
    classes = np.unique(inputs.targets)
    if len(classes) < 2:
        raise ArrayError(f"labels hold the one class {classes[0]}", "Pass images of two classes or more")
    with network.evaluating(), torch.no_grad():
        one = inputs.on_device(inputs.values[:1], network.dtype, network.device)
        shape = tuple(network.module(one).shape[1:])
    if len(shape) != 1 or int(classes[-1]) >= shape[0]:
        raise ArrayError(
            f"labels reach {classes[-1]}, and {network.name} has outputs of shape {shape}",
            f"Load it with num_classes={classes[-1] + 1}, and count classes from 0",
        )
    return int(shape[0])
