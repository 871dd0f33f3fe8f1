"""Which tensors of a forward pass are residual sums: what a block has computed, added to what it was given."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

ADDITIONS = {torch.add, torch.Tensor.add, torch.Tensor.add_, torch.Tensor.__add__, torch.Tensor.__radd__,
             torch.Tensor.__iadd__}  # fmt: skip
RESHAPES = {torch.reshape, torch.flatten, torch.Tensor.reshape, torch.Tensor.view, torch.Tensor.flatten}


class ResidualSums(TorchFunctionMode):
    """While it is entered, note every sum of two tensors of one shape of activations, and its reshaped views.

    Each sum is handed out once, where it first enters or leaves a module: in `x + mlp(norm2(x))` the `x` that enters
    `norm2` is the sum after attention.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fresh: dict[int, weakref.ref[torch.Tensor]] = {}  # by id: comparing tensors compares their entries

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        reshaped = func in RESHAPES and isinstance(args[0], torch.Tensor) and self.holds(args[0])
        result = func(*args, **(kwargs or {}))
        if func in ADDITIONS and is_sum(args[:2], result):
            self.fresh[id(result)] = weakref.ref(result)
        elif reshaped and result.shape[-1] == args[0].shape[-1]:
            self.fresh[id(result)] = weakref.ref(result)
            self.take(args[0])
        return result

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is a sum that was not handed out yet."""
        kept = self.fresh.get(id(tensor))
        return kept is not None and kept() is tensor

    def take(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is a sum, at the first time it is asked for."""
        found = self.holds(tensor)
        self.fresh.pop(id(tensor), None)
        return found


def is_sum(terms: tuple[Any, ...], result: Any) -> bool:
    """Whether two tensors of the result's own shape were added: no bias, no position or mask spread over samples."""
    return isinstance(result, torch.Tensor) and all(
        isinstance(term, torch.Tensor) and term.shape == result.shape for term in terms
    )
