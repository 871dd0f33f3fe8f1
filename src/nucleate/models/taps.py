"""Record what chosen layers put out while a network runs, pooled at once so that nothing big is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import nn

from nucleate.errors import ModelError, UsageError
from nucleate.models.layers import INPUT, Layer, first_tensor, layers
from nucleate.models.network import Network, as_network
from nucleate.models.selection import select

Pool = Literal["mean", "max", "cls", "none"]


def pooled_width(layer: Layer, pool: Pool = "mean") -> int:
    """Numbers per sample that a tap on `layer` gives.

    Raises
    ------
    UsageError
        When the pooling does not exist.
    ModelError
        When the layer has no tokens and pooling is "cls".

    Examples
    --------
    >>> convolution = layers(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (3, 6, 6))[1]
    >>> pooled_width(convolution), pooled_width(convolution, "none")
    (8, 128)
    """
    if pool not in get_args(Pool):
        raise UsageError(f"There is no pooling {pool!r}", f"Choose from {', '.join(get_args(Pool))}")
    if pool == "none" or layer.channel_axis is None:
        return layer.width
    if pool == "cls" and not (len(layer.shape) == 2 and layer.channel_axis == 1):
        raise ModelError(
            f"Layer {layer.name!r} of shape {layer.shape} has no tokens, so no class token",
            "Choose other layers, or pool the mean",
        )
    return layer.shape[layer.channel_axis]


def pooling(layer: Layer, pool: Pool) -> Callable[[torch.Tensor], torch.Tensor]:
    """The function from a batch of `layer`'s activations to float32 rows that share no memory with them."""
    pooled_width(layer, pool)
    if pool == "none" or layer.channel_axis is None:
        return lambda x: x.detach().flatten(1).to(torch.float32, copy=True)
    if pool == "cls":
        return lambda x: x.detach()[:, 0].to(torch.float32, copy=True)
    axes = tuple(axis + 1 for axis in range(len(layer.shape)) if axis != layer.channel_axis)
    if pool == "max":
        return lambda x: x.detach().amax(axes).to(torch.float32)
    return lambda x: x.detach().mean(axes, dtype=torch.float32)


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

    Raises
    ------
    ModelError
        When pooling "cls" meets a layer without tokens or a network without a class token.

    Examples
    --------
    >>> with Taps(as_network(nn.Linear(4, 3), input_shape=(4,)), "input, output") as taps:
    ...     rows = taps.run(torch.ones(5, 4))
    >>> {name: tuple(values.shape) for name, values in rows.items()}
    {'input': (5, 4), 'output': (5, 3)}
    """

    def __init__(
        self, network: Network | nn.Module, names: str | Sequence[str] | Sequence[Layer], pool: Pool = "mean"
    ) -> None:
        self.network = as_network(network)
        self.layers = resolve(self.network, names)
        if pool == "cls" and getattr(self.network.module, "num_prefix_tokens", 1) == 0:
            raise ModelError(f"{self.network.name} has no class token", "Pool the mean")
        self._pool = {layer.name: pooling(layer, pool) for layer in self.layers}
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
            Copied to the network's device and type.

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
        with torch.no_grad():
            self.network.module(tensor.to(self.network.device, self.network.dtype))
        for layer in self.layers:
            calls = self._calls[layer.module]
            if calls != layer.calls:
                raise ModelError(
                    f"Module {layer.module!r} was called {calls} times, {layer.calls} when its layers were listed",
                    "Leave it out: how often it runs depends on its input",
                )
        return {layer.name: self._rows[layer.name].cpu().contiguous() for layer in self.layers}

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
