"""The training loop, to be read in one sitting."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn

from nucleate.errors import RunError, UsageError
from nucleate.models import Network, seeded
from nucleate.training._inputs import Inputs, training_batches
from nucleate.training._optimizers import MovingAverage, build_optimizer
from nucleate.training._recipe import Recipe
from nucleate.training._schedule import learning_rate
from nucleate.training.objectives import Loss


class Task(Protocol):
    """What is learned."""

    @property
    def views(self) -> int:
        """How many augmented views of an image a step needs."""
        ...

    @property
    def module(self) -> nn.Module:
        """Everything that has a state: the network, and what learns beside it."""
        ...

    def loss(self, views: tuple[torch.Tensor, ...], targets: torch.Tensor) -> tuple[Loss, int | None]:
        """The loss of a batch, and how many of its images are classified rightly, if they are classified."""
        ...

    def after_step(self, share: float) -> None:
        """What moves beside the parameters; `share` is how much of the training is done."""
        ...


@dataclass(frozen=True)
class Epoch:
    """How an epoch went.

    Attributes
    ----------
    number : int
        Counted from 1.
    loss : float
        Mean over the images, each as it was when the network learned from it.
    accuracy : float or None
        The same of images classified rightly.
    lr : float
        Learning rate of the last step.
    """

    number: int
    loss: float
    accuracy: float | None
    lr: float


class Training:
    """A network while it learns.

    Parameters
    ----------
    task : Task
        What is learned.
    recipe : Recipe
        How.
    inputs : Inputs
        From what.
    workers : int
        Threads that assemble batches; the result does not depend on it.
    """

    def __init__(self, task: Task, recipe: Recipe, inputs: Inputs, *, workers: int = 0) -> None:
        self.task, self.recipe, self.inputs, self.workers = task, recipe, inputs, workers
        self.device = next(task.module.parameters()).device
        self.dtype = next(task.module.parameters()).dtype
        self.optimizer = build_optimizer(task.module, recipe)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=recipe.dtype == "float16")
        trainable = [parameter for parameter in task.module.parameters() if parameter.requires_grad]
        self.average = None if recipe.ema is None else MovingAverage(trainable, recipe.ema)
        self.least = 2 if normalizes_batches(task.module) else 1
        self.steps_per_epoch = math.ceil(len(inputs.targets) / recipe.batch_size)
        if recipe.batch_norm_decay is not None:
            set_batch_norm_decay(task.module, recipe.batch_norm_decay)

    def epoch(self, number: int) -> Epoch:
        """Learn from every image once.

        Nothing is drawn from a generator that outlives the epoch, so that training can go on after any. A batch of
        which one image alone can be read is passed over where something normalises over batches.

        Raises
        ------
        RunError
            When the loss stops being finite; epoch and step are named. When no batch has images enough.
        """
        images, total, right, lr = 0, 0.0, 0, 0.0
        batches = training_batches(self.inputs, self.recipe, number, views=self.task.views, workers=self.workers)
        with seeded(epoch_seed(self.recipe.seed_augmentation, number)), training_mode(self.task.module):
            for step, batch in enumerate(batches):
                if len(batch.places) < self.least:
                    continue
                done = (number - 1) * self.steps_per_epoch + step
                lr = learning_rate(self.recipe, done, steps_per_epoch=self.steps_per_epoch)
                views = tuple(self.inputs.on_device(view, self.dtype, self.device) for view in batch.views)
                with self.autocast():
                    loss, correct = self.task.loss(views, torch.from_numpy(batch.targets).to(self.device))
                value = loss.item()
                if not math.isfinite(value):
                    raise RunError(
                        f"The loss became {value} in epoch {number}, step {step + 1}",
                        "Lower lr, and check that the images are finite",
                    )
                self.step(loss, lr)
                self.task.after_step((done + 1) / (self.steps_per_epoch * self.recipe.epochs))
                images += len(batch.places)
                total += value * len(batch.places)
                right += correct or 0
        if images == 0:
            few = (
                "Not one training image can be read" if self.least == 1 else "No batch has two images that can be read"
            )
            raise RunError(few, "Check the files")
        return Epoch(number, total / images, None if correct is None else right / images, lr)

    def step(self, loss: Loss, lr: float) -> None:
        """Move the parameters down the gradient of a loss, and their average after them."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average is not None:
            self.average.update()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Let the parameters be their moving average for a while, where the recipe asks for one."""
        with nullcontext() if self.average is None else self.average.applied():
            yield

    @contextmanager
    def autocast(self) -> Iterator[None]:
        """Mixed precision, where the recipe asks for it."""
        mixed = self.recipe.dtype != "float32"
        with torch.autocast(self.device.type, getattr(torch, self.recipe.dtype)) if mixed else nullcontext():
            yield


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of dropout in an epoch."""
    return int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0])


def set_batch_norm_decay(module: nn.Module, decay: float) -> None:
    """Let batch norm keep that share of its running statistics at each step."""
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.momentum = 1 - decay


def normalizes_batches(module: nn.Module) -> bool:
    """Whether batch norm is in a module, which needs two images to learn."""
    return any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules())


def check_batches(network: Network, images: int, *, batch_size: int, normalizes: bool = False) -> None:
    """Refuse batches of a single image where something normalises over the batch.

    Raises
    ------
    UsageError
        Naming the batch size.
    """
    if (normalizes or normalizes_batches(network.module)) and images < 2 * math.ceil(images / batch_size):
        raise UsageError(
            f"{network.name} normalises over batches, which needs two images in each, and batch_size is {batch_size}",
            "Raise batch_size",
        )


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
