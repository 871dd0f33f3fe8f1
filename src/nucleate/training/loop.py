"""A training loop to be read in one sitting: softmax, SGD with momentum, warm-up and cosine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from nucleate.arrays import to_numpy
from nucleate.errors import ArrayError, RunError, UsageError
from nucleate.models.load import seeded
from nucleate.models.network import Network

Progress = Callable[[int, int, float], None]
"""Called after each epoch with the epochs done, the epochs in all, and the mean loss of the last."""

MOMENTUM = 0.9
WARM_UP = 0.1  # of all steps


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
    """Train a network in place to classify images, with softmax cross-entropy.

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
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value < 1:
            raise UsageError(f"Training cannot have {name} {value}", "Give at least 1")
    if not (lr > 0 and weight_decay >= 0):
        raise UsageError(f"Training cannot have lr {lr} and weight_decay {weight_decay}", "Give lr above 0")
    x, y = as_tensors(network, images, labels)
    check_classes(network, x, y)
    batches = math.ceil(len(x) / batch_size)
    if len(x) < 2 * batches and has_batch_norm(network.module):
        raise UsageError(f"{network.name} normalises over batches, which needs two images in each", "Raise batch_size")

    optimizer = torch.optim.SGD(parameter_groups(network.module, weight_decay), lr=lr, momentum=MOMENTUM)
    factor = torch.optim.lr_scheduler.LambdaLR(optimizer, warm_up_and_cosine(epochs * batches))
    order = np.random.default_rng(seed)
    losses = []
    with seeded(seed), training_mode(network.module):
        for epoch in range(epochs):
            total = 0.0
            for step, rows in enumerate(np.array_split(order.permutation(len(x)), batches)):
                inputs, targets = x[rows].to(network.device), y[rows].to(network.device)
                loss = nn.functional.cross_entropy(network.module(inputs).float(), targets)
                if not math.isfinite(loss.item()):
                    raise RunError(
                        f"The loss became {loss.item()} in epoch {epoch + 1}, step {step + 1}",
                        "Lower lr, and check that the images are finite",
                    )
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                factor.step()
                total += loss.item() * len(rows)
            losses.append(total / len(x))
            if progress is not None:
                progress(epoch + 1, epochs, losses[-1])
    return TrainingResult(tuple(losses), accuracy(network, images, labels))


def accuracy(
    network: Network, images: Float[np.ndarray, "n c h w"], labels: Int[np.ndarray, " n"], *, batch_size: int = 256
) -> float:
    """Share of images whose highest output is their label, in evaluation mode.

    Raises
    ------
    ArrayError
        When images and labels do not fit each other.
    """
    x, y = as_tensors(network, images, labels)
    right = 0
    with network.evaluating(), torch.no_grad():
        for start in range(0, len(x), batch_size):
            rows = slice(start, start + batch_size)
            predicted = network.module(x[rows].to(network.device)).argmax(1).cpu()
            right += int((predicted == y[rows]).sum())
    return right / len(x)


def as_tensors(network: Network, images: object, labels: object) -> tuple[torch.Tensor, torch.Tensor]:
    """Images in the network's type and labels as int64, checked against each other."""
    x, y = to_numpy(images), to_numpy(labels)
    if x.ndim < 2 or x.dtype.kind != "f" or len(x) == 0:
        raise ArrayError(f"images have shape {x.shape} and dtype {x.dtype}", "Pass floats of shape (n, c, h, w), n > 0")
    if y.shape != (len(x),) or y.dtype.kind not in "iu":
        raise ArrayError(
            f"labels have shape {y.shape} and dtype {y.dtype} for {len(x)} images", "Pass one integer per image"
        )
    if y.min() < 0:
        raise ArrayError(f"labels hold {y.min()}", "Count classes from 0")
    return torch.tensor(x, dtype=network.dtype), torch.tensor(y.astype(np.int64))


def check_classes(network: Network, x: torch.Tensor, y: torch.Tensor) -> None:
    """Refuse labels that hold one class, or more classes than the network tells apart."""
    classes = torch.unique(y)
    if len(classes) < 2:
        raise ArrayError(f"labels hold the one class {classes.item()}", "Pass images of two classes or more")
    with network.evaluating(), torch.no_grad():
        shape = tuple(network.module(x[:1].to(network.device)).shape[1:])
    if len(shape) != 1 or int(classes[-1]) >= shape[0]:
        raise ArrayError(
            f"labels reach {int(classes[-1])}, and {network.name} has outputs of shape {shape}",
            f"Load it with num_classes={int(classes[-1]) + 1}, and count classes from 0",
        )


def has_batch_norm(module: nn.Module) -> bool:
    """Whether any part normalises over the batch."""
    return any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules())


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Trainable tensors in two groups: decay is for weights, not for biases and norms."""
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in trainable if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in trainable if parameter.ndim <= 1], "weight_decay": 0.0},
    ]


def warm_up_and_cosine(steps: int) -> Callable[[int], float]:
    """Factor on the learning rate at each step: a linear climb to 1, then half a cosine down to 0."""
    climb = max(1, round(WARM_UP * steps))

    def factor(step: int) -> float:
        if step < climb:
            return (step + 1) / climb
        return (1 + math.cos(math.pi * (step - climb) / max(1, steps - climb))) / 2

    return factor


@contextmanager
def training_mode(module: nn.Module) -> Iterator[None]:
    """Put a module in training mode, and each part back into its own mode at the end."""
    modes = [(part, part.training) for part in module.modules()]
    module.train()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
