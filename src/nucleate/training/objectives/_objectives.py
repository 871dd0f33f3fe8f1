"""The nine objectives that Kornblith et al. compare, as functions of logits, with their published hyper-parameters.

Kornblith, Chen, Lee and Norouzi, "Why do better loss functions lead to less transferable features?", NeurIPS 2021
(https://arxiv.org/abs/2010.16402). z are the logits of a sample, t its class, K the number of classes; every loss is
the mean over samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch.nn import functional

from nucleate.errors import ArrayError, UsageError
from nucleate.suggestions import did_you_mean
from nucleate.training.objectives._bounds import FINITE, NOT_NEGATIVE, POSITIVE, Bounds

Logits = Float[torch.Tensor, "n classes"]
Targets = Int[torch.Tensor, " n"]
Loss = Float[torch.Tensor, ""]


def softmax(logits: Logits, targets: Targets) -> Loss:
    """Softmax cross-entropy: -z_t + logsumexp(z)."""
    check(logits, targets)
    return functional.cross_entropy(logits, targets)


def label_smoothing(logits: Logits, targets: Targets, *, amount: float = 0.1) -> Loss:
    """Cross-entropy against (1 - a) onehot + a/K, times 1/(1 - a)."""
    check(logits, targets)
    return functional.cross_entropy(logits, targets, label_smoothing=amount) / (1 - amount)


def extra_final_layer_l2(
    logits: Logits, targets: Targets, *, weight: Float[torch.Tensor, "classes d"], strength: float = 8e-4
) -> Loss:
    """Softmax cross-entropy + strength/2 ||W||^2, where W is the weight of the final layer."""
    return softmax(logits, targets) + strength / 2 * weight.square().sum()


def logit_penalty(logits: Logits, targets: Targets, *, strength: float = 6e-4) -> Loss:
    """Softmax cross-entropy + strength/2 ||z||^2."""
    return softmax(logits, targets) + strength / 2 * logits.square().sum(1).mean()


def logit_normalization(logits: Logits, targets: Targets, *, temperature: float = 0.04) -> Loss:
    """Softmax cross-entropy of z / (temperature ||z||); logits that are all zero stay zero."""
    check(logits, targets)
    return softmax(functional.normalize(logits, dim=1) / temperature, targets)


def cosine_softmax(cosines: Logits, targets: Targets, *, temperature: float = 0.05) -> Loss:
    """Softmax cross-entropy of cos(h, w_k) / temperature; the cosines come from a `CosineLinear` final layer."""
    return softmax(cosines / temperature, targets)


def sigmoid(logits: Logits, targets: Targets) -> Loss:
    """Binary cross-entropy of z_k - log K, summed over classes."""
    check(logits, targets)
    onehot = functional.one_hot(targets, logits.shape[1]).to(logits)
    shifted = logits - math.log(logits.shape[1])
    return functional.binary_cross_entropy_with_logits(shifted, onehot, reduction="none").sum(1).mean()


def squared_error(
    logits: Logits, targets: Targets, *, weight: float = 9.0, target: float = 60.0, scale: float = 0.1
) -> Loss:
    """scale [weight (z_t - target)^2 + sum over k != t of z_k^2]."""
    check(logits, targets)
    right = logits.gather(1, targets[:, None]).squeeze(1)
    others = logits.square().sum(1) - right.square()
    return scale * (weight * (right - target).square() + others).mean()


@dataclass(frozen=True)
class Objective:
    """A loss and what it asks of the network's final layer.

    Parameters
    ----------
    name, description : str
        How it is asked for, and its formula in one line.
    loss : callable
        `loss(logits, targets, **parameters)`.
    parameters : mapping
        Hyper-parameters of the loss and their published values.
    bounds : mapping
        Their ranges.
    final_layer : {"linear", "weight", "dropout", "cosine"}
        A linear layer; one whose weight the loss takes as `weight=`; one behind dropout; a `CosineLinear`.
    keep : float
        Share of the penultimate features that dropout keeps; 1 without dropout.
    """

    name: str
    description: str
    loss: Callable[..., torch.Tensor]
    parameters: Mapping[str, float] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    final_layer: Literal["linear", "weight", "dropout", "cosine"] = "linear"
    keep: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        object.__setattr__(self, "bounds", MappingProxyType(dict(self.bounds)))

    @property
    def hyper_parameters(self) -> dict[str, float]:
        """What a recipe may set: the parameters of the loss, and `keep` where there is dropout."""
        return {**self.parameters, **({"keep": self.keep} if self.final_layer == "dropout" else {})}


OBJECTIVES: Mapping[str, Objective] = MappingProxyType(
    {
        objective.name: objective
        for objective in (
            Objective("softmax", "-z_t + logsumexp(z)", softmax),
            Objective(
                "label_smoothing",
                "softmax against (1 - a) onehot + a/K, times 1/(1 - a)",
                label_smoothing,
                {"amount": 0.1},
                {"amount": Bounds(0, 1, open_high=True)},
            ),
            Objective(
                "dropout",
                "softmax behind dropout of the features",
                softmax,
                bounds={"keep": Bounds(0, 1, open_low=True)},
                final_layer="dropout",
                keep=0.7,
            ),
            Objective(
                "extra_final_layer_l2",
                "softmax + strength/2 ||W||^2",
                extra_final_layer_l2,
                {"strength": 8e-4},
                {"strength": NOT_NEGATIVE},
                final_layer="weight",
            ),
            Objective(
                "logit_penalty",
                "softmax + strength/2 ||z||^2",
                logit_penalty,
                {"strength": 6e-4},
                {"strength": NOT_NEGATIVE},
            ),
            Objective(
                "logit_normalization",
                "softmax of z / (temperature ||z||)",
                logit_normalization,
                {"temperature": 0.04},
                {"temperature": POSITIVE},
            ),
            Objective(
                "cosine_softmax",
                "softmax of cos(h, w_k) / temperature",
                cosine_softmax,
                {"temperature": 0.05},
                {"temperature": POSITIVE},
                final_layer="cosine",
            ),
            Objective("sigmoid", "binary cross-entropy of z_k - log K, summed over classes", sigmoid),
            Objective(
                "squared_error",
                "scale [weight (z_t - target)^2 + sum over k != t of z_k^2]",
                squared_error,
                {"weight": 9.0, "target": 60.0, "scale": 0.1},
                {"weight": NOT_NEGATIVE, "target": FINITE, "scale": POSITIVE},
            ),
        )
    }
)


def objective(name: str, *also: str) -> Objective:
    """The objective of that name; `also` names what else may have been meant, for the error.

    Raises
    ------
    UsageError
        When there is none.

    Examples
    --------
    >>> sigmoid = objective("sigmoid")
    >>> loss = sigmoid.loss(torch.zeros(1, 2), torch.tensor([0]), **sigmoid.parameters)
    >>> round(loss.item(), 6) == round(math.log(3) + math.log(1.5), 6)
    True
    """
    if name not in OBJECTIVES:
        raise UsageError(f"There is no objective {name!r}", did_you_mean(name, [*OBJECTIVES, *also], shown=99))
    return OBJECTIVES[name]


def check(logits: torch.Tensor, targets: torch.Tensor) -> None:
    """Refuse shapes that would broadcast into a wrong loss."""
    if logits.ndim != 2 or logits.shape[0] < 1 or targets.shape != logits.shape[:1]:
        raise ArrayError(
            f"logits have shape {tuple(logits.shape)} and targets {tuple(targets.shape)}",
            "Pass logits of shape (n, classes) and one class per row",
        )
