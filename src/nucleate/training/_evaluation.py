"""How well a network classifies samples: at the level it learned, at those above, and of the worst subclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

from nucleate.models import Network
from nucleate.training._inputs import Inputs, evaluation_batches
from nucleate.training.objectives import Classification, Targets

BATCH_SIZE = 256


@dataclass(frozen=True)
class Predictions:
    """What a network says of samples.

    Attributes
    ----------
    places : int64 array of shape (n,)
        Those of the inputs that could be read.
    classes : int64 array of shape (n,)
        The class of the highest output.
    loss : float or None
        Mean over the samples; None when it was not asked for or none could be read.
    """

    places: Int[np.ndarray, " n"]
    classes: Int[np.ndarray, " n"]
    loss: float | None


def predict(network: Network, inputs: Inputs, *, task: Classification | None = None, workers: int = 0) -> Predictions:
    """Classify every input in evaluation mode, without augmentation, in float32; `task` says what the loss is."""
    places, classes, total = [], [], 0.0
    with network.evaluating(), torch.no_grad():
        for batch in evaluation_batches(inputs, batch_size=BATCH_SIZE, workers=workers):
            x = inputs.on_device(batch.views[0], network.dtype, network.device)
            logits = network.module(x).float()
            if task is not None:
                judged = task.judge(logits, torch.from_numpy(batch.targets).to(network.device))
                total += judged.item() * len(batch.places)
            places.append(batch.places)
            classes.append(logits.argmax(1).cpu().numpy())
    if not places:
        return Predictions(np.empty(0, np.int64), np.empty(0, np.int64), None)
    loss = None if task is None else total / sum(map(len, places))
    return Predictions(np.concatenate(places), np.concatenate(classes), loss)


def scores(predictions: Predictions, targets: Targets, rows: Int[np.ndarray, " n"]) -> list[dict[str, Any]]:
    """Accuracies as rows of the curves, without epoch, split and learning rate.

    One for the level that was learned, with the loss; one for each level above it: a class there is right whenever one
    of its own classes is predicted; and one for the subclass whose samples are classified worst at the level learned.

    Parameters
    ----------
    predictions : Predictions
        Of n inputs.
    targets : Targets
        Of all samples.
    rows : int64 array of shape (n,)
        The sample of each input.
    """
    if not len(predictions.places):
        return []
    seen = rows[predictions.places]
    codes, leaves = targets.codes[seen], targets.leaves[seen]
    right = predictions.classes == codes
    found: list[dict[str, Any]] = [
        {"level": targets.level, "group": None, "loss": predictions.loss, "accuracy": float(right.mean())}
    ]
    for level, above in targets.coarser.items():
        agree = above[predictions.classes] == above[codes]
        found.append({"level": level, "group": None, "loss": None, "accuracy": float(agree.mean())})
    counts = np.bincount(leaves, minlength=len(targets.leaf_names))
    recalls = np.bincount(leaves, weights=right, minlength=len(counts)) / np.maximum(counts, 1)
    worst = int(np.where(counts > 0, recalls, np.inf).argmin())
    found.append(
        {"level": targets.level, "group": targets.leaf_names[worst], "loss": None, "accuracy": float(recalls[worst])}
    )
    return found
