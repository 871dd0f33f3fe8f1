"""Record what chosen layers put out while a network runs, pooled at once so that nothing big is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from nucleate.activations._layers import INPUT, Layer, first_tensor, layers
from nucleate.activations._pooling import Pool, masked_pooling, pooled_width, pooling
from nucleate.activations._selection import select
from nucleate.errors import ModelError
from nucleate.models import Network, TextPreprocessing, as_network


class Taps:
    """Context manager that taps layers of a network; `run` gives their activations for a batch.

    The network is in evaluation mode, and carries forward hooks, inside the context only.

    Parameters
    ----------
    network : Network or torch.nn.Module
    names : str, sequence of str, or sequence of Layer
        What to tap: what `select` understands, or what it returned (saves a pass to list the layers).
    pool : {"mean", "max", "cls", "none"}
        Mean or maximum over space or tokens (a class token is one of the tokens), the first token alone, or everything
        flattened. The network's own input is always flattened, never pooled; layers of one axis have nothing to pool.
        Of a text only its own tokens count, never its padding.
    autocast : torch.dtype, optional
        Run in torch's mixed precision of this type; recorded rows are float32 all the same.

    Raises
    ------
    ModelError
        When pooling "cls" meets a layer without tokens or a network without a class token, or it is unclear which axis
        of a layer counts the tokens of a text.

    Examples
    --------
    >>> with Taps(as_network(nn.Linear(4, 3), input_shape=(4,)), "input, output") as taps:
    ...     rows = taps.run(torch.ones(5, 4))
    >>> {name: tuple(values.shape) for name, values in rows.items()}
    {'input': (5, 4), 'output': (5, 3)}
    """

    def __init__(
        self,
        network: Network | nn.Module,
        names: str | Sequence[str] | Sequence[Layer],
        pool: Pool = "mean",
        *,
        autocast: torch.dtype | None = None,
    ) -> None:
        self.network = as_network(network)
        self.layers = resolve(self.network, names)
        if pool == "cls" and not self.network.has_class_token:
            raise ModelError(f"{self.network.name} has no class token", "Pool the mean")
        self._pool = {layer.name: self._pooling(layer, pool) for layer in self.layers}
        self._autocast = autocast
        self._mask: torch.Tensor | None = None
        self.widths = {layer.name: pooled_width(layer, pool) for layer in self.layers}
        self._samples = 0
        self._rows: dict[str, torch.Tensor] = {}
        self._calls: Counter[str] = Counter()
        self._running: dict[str, list[int]] = {}  # calls of each module that are now in its forward
        self._stack = ExitStack()

    def __enter__(self) -> Taps:
        self._stack.enter_context(self.network.evaluating())
        modules = dict(self.network.module.named_modules())
        for name in {layer.module for layer in self.layers}:
            here = [layer for layer in self.layers if layer.module == name]
            before = {layer.call: layer for layer in here if is_input(layer)}
            after = {layer.call: layer for layer in here if not is_input(layer)}
            for handle in (
                modules[name].register_forward_pre_hook(self._before(name, before), with_kwargs=True),
                modules[name].register_forward_hook(self._after(name, after)),
            ):
                self._stack.callback(handle.remove)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def run(self, batch: Any) -> dict[str, Float[torch.Tensor, "n width"]]:
        """Activations of a batch: by layer in execution order, contiguous float32 rows on the CPU.

        Parameters
        ----------
        batch : array or tensor of shape (n, ...)
            Inputs as the network's preprocessing gives them; copied to its device and type.

        Raises
        ------
        ModelError
            When a layer is called another number of times, or has another shape, than when it was listed.
        """
        # A copy, for a network may begin with an operation in place.
        tensor = batch.detach().clone() if isinstance(batch, torch.Tensor) else torch.tensor(batch)
        self._samples = len(tensor)
        self._rows.clear()
        self._calls.clear()
        self._running.clear()
        tensor = tensor.to(self.network.device, self.network.input_dtype)
        self._mask = self.network.mask(tensor)
        device = tensor.device.type
        cast = torch.autocast(device, self._autocast) if self._autocast is not None else nullcontext()
        with torch.no_grad(), cast:
            self.network(tensor)
        for layer in self.layers:
            calls = self._calls[layer.module]
            if calls != layer.calls:
                raise ModelError(
                    f"Module {layer.module!r} was called {calls} times, {layer.calls} when its layers were listed",
                    "Leave it out: how often it runs depends on its input",
                )
        return {layer.name: self._rows[layer.name].cpu().contiguous() for layer in self.layers}

    def _pooling(self, layer: Layer, pool: Pool) -> Callable[[torch.Tensor], torch.Tensor]:
        if not isinstance(self.network.preprocessing, TextPreprocessing):
            return pooling(layer, pool)
        masked = masked_pooling(layer, pool, self.network.preprocessing.max_length)

        def pooled(x: torch.Tensor) -> torch.Tensor:
            assert self._mask is not None, "run sets it for texts"
            return masked(x, self._mask)

        return pooled

    def _before(self, name: str, wanted: dict[int, Layer]) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            self._calls[name] += 1
            self._running.setdefault(name, []).append(self._calls[name])
            layer = wanted.get(self._calls[name])
            if layer is not None:
                self._record(layer, first_tensor((args, kwargs)))

        return hook

    def _after(self, name: str, wanted: dict[int, Layer]) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            layer = wanted.get(self._running[name].pop())
            if layer is not None:
                self._record(layer, first_tensor(output))

        return hook

    def _record(self, layer: Layer, tensor: torch.Tensor | None) -> None:
        shape = None if tensor is None else tuple(tensor.shape)
        expected = (self._samples, *layer.shape)
        if tensor is None or shape != expected:
            raise ModelError(
                f"Layer {layer.name!r} has shape {shape}, where {expected} follows from how it was listed",
                "Pass inputs of the shape the layers were listed with",
            )
        self._rows[layer.name] = self._pool[layer.name](tensor)


def is_input(layer: Layer) -> bool:
    """Whether a layer is the input of a module or of the network."""
    return layer.name == INPUT or layer.name.endswith(":input")


def resolve(network: Network, names: str | Sequence[str] | Sequence[Layer]) -> list[Layer]:
    """Layers as they are, or what `select` finds for names."""
    if isinstance(names, str):
        return select(layers(network), names)
    given = [name for name in names if isinstance(name, Layer)]
    return given or select(layers(network), [name for name in names if isinstance(name, str)])
