"""What can be tapped in a network: every module's output in the order of execution, found by one forward pass."""

from __future__ import annotations

import math
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from nucleate.activations._blocks import find_blocks, plain_layers
from nucleate.activations._channels import ChannelFormats
from nucleate.activations._residual_sums import ResidualSums
from nucleate.errors import ModelError, first_line
from nucleate.models import Network, as_network

INPUT, OUTPUT = "input", "output"
SAMPLES = 2  # in the dummy batch


@dataclass(frozen=True)
class Layer:
    """One place in a network where activations can be tapped.

    Parameters
    ----------
    order : int
        Position in the order of execution, from 0 for the network's input. The tap on a module's input has the order
        of the output that was ready last before it.
    name : str
        "input", "output", or the module's name; the second call of a module is `name@2`, and `name:input` taps what
        goes into it.
    kind : str
        Class of the module.
    shape : tuple of int
        Shape of one sample's activation.
    width : int
        Numbers in it: the product of the shape.
    channel_axis : int or None
        Which entry of `shape` counts channels; pooling averages over the others. None: there is nothing to pool.
    block : bool
        Whether it belongs to the choice "blocks".
    residual : bool
        Whether it is a residual sum inside a block: the tensor after attention, or after the MLP, was added.
    """

    order: int
    name: str
    kind: str
    shape: tuple[int, ...]
    width: int
    channel_axis: int | None = field(default=None, repr=False)
    block: bool = field(default=False, repr=False)
    residual: bool = field(default=False, repr=False)
    module: str = field(default="", repr=False)
    call: int = field(default=1, repr=False)
    calls: int = field(default=1, repr=False)
    entering: Layer | None = field(default=None, repr=False)


class LayerList(list[Layer]):
    """Layers in execution order, and why other modules are not among them."""

    def __init__(self, layers: Iterable[Layer] = (), absent: Mapping[str, str] | None = None) -> None:
        super().__init__(layers)
        self.absent = dict(absent or {})


def layers(network: Network | nn.Module, input_shape: tuple[int, ...] | None = None) -> LayerList:
    """List what can be tapped in a network, in the order in which outputs become ready.

    The first is the network's input, the last its output. Modules that forward never calls, and outputs that do not
    hold one entry per sample, are left out (`absent` says why). Of an output that is a tuple, list or mapping,
    the first tensor counts. Parts of one network that give the very same tensor are all listed.

    Parameters
    ----------
    network : Network or torch.nn.Module
    input_shape : tuple of int, optional
        Shape of one input; needed where the network does not know it.

    Raises
    ------
    ModelError
        When the shape is unknown, forward fails on it, or answers equal inputs differently.

    Notes
    -----
    Costs one forward pass over two equal random inputs, in evaluation mode.

    Examples
    --------
    >>> for layer in layers(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), (4,)):
    ...     print(layer)
    Layer(order=0, name='input', kind='input', shape=(4,), width=4)
    Layer(order=1, name='0', kind='Linear', shape=(3,), width=3)
    Layer(order=2, name='1', kind='ReLU', shape=(3,), width=3)
    Layer(order=3, name='output', kind='output', shape=(3,), width=3)
    """
    network = as_network(network)
    shape = input_shape or network.input_shape
    if shape is None:
        raise ModelError(f"The input shape of {network.name} is unknown", "Pass input_shape=(channels, height, width)")
    listing = Listing(network.module)
    one = torch.zeros(shape) if network.reads_text else torch.randn(shape, generator=torch.Generator().manual_seed(0))
    batch = torch.stack([one] * SAMPLES).to(network.device, network.input_dtype)
    with network.evaluating(), listing, listing.sums, torch.no_grad():
        try:
            output = network(batch)
        except Exception as error:  # whatever a stranger's forward may raise
            raise ModelError(
                f"{network.name} cannot run on an input of shape {tuple(shape)}: {first_line(error)}",
                "Pass the input_shape it was built for",
            ) from error
    final = first_tensor(output)
    if final is not None and not final.is_meta and not why_not(final):
        refuse_random(final, network.name)
    return listing.finish(final)


def refuse_random(output: torch.Tensor, name: str) -> None:
    """Refuse a network that answers two equal samples differently: it draws random numbers."""
    one, other = output.detach().double()
    if (one - other).abs().max() > 1e-3 * one.abs().max():  # last bits may differ between rows
        raise ModelError(
            f"{name} answers equal inputs differently, also in evaluation mode",
            "Switch its random masks or dropout off: what it says would be another thing each time",
        )


class Listing:
    """Forward hooks on every module that note what goes into and comes out of each call."""

    def __init__(self, root: nn.Module) -> None:
        self.root = root
        self.names = {module: name for name, module in root.named_modules()}
        self.formats = ChannelFormats(root)
        self.sums = ResidualSums()
        self.calls: Counter[str] = Counter()
        self.found: list[Layer] = []
        self.absent: dict[str, str] = {}
        self.running: list[tuple[int, Layer | None]] = []  # call and tap on the input of every module now in forward
        self.outputs: dict[str, weakref.ref[torch.Tensor]] = {}  # weak: all of them together may be too much to keep
        self.handles: list[Any] = []

    def __enter__(self) -> None:
        for module in self.names:
            self.handles.append(module.register_forward_pre_hook(self.before, with_kwargs=True))
            self.handles.append(module.register_forward_hook(self.after))

    def __exit__(self, *exception: object) -> None:
        for handle in self.handles:
            handle.remove()

    def before(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Note what enters a module: the network's own input, or a tap to go with the module's output."""
        name = self.names[module]
        self.calls[name] += 1
        tensor = first_tensor((args, kwargs))
        reason = "takes no tensor" if tensor is None else why_not(tensor)
        if tensor is None or reason:
            self.running.append((self.calls[name], None))
            if not name:
                self.absent[INPUT] = reason
            return
        tap = Layer(
            max(len(self.found) - 1, 0),
            f"{call_name(name, self.calls[name])}:input" if name else INPUT,
            type(module).__name__ if name else INPUT,
            tuple(tensor.shape[1:]),
            math.prod(tensor.shape[1:]),
            channel_axis=self.formats.axis(module, tensor) if name else None,
            residual=self.sums.take(tensor),
            module=name,
            call=self.calls[name],
        )
        self.running.append((tap.call, tap if name else None))
        if not name:
            self.found.append(tap)

    def after(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """List a module's output."""
        name = self.names[module]
        call, entering = self.running.pop()
        tensor = first_tensor(output)
        reason = "gives no tensor" if tensor is None else why_not(tensor)
        if tensor is None or reason:
            self.absent[name or OUTPUT] = reason
            return
        self.formats.learn(module, tensor)
        layer = Layer(
            len(self.found),
            output_name(call_name(name, call)),
            type(module).__name__ if name else OUTPUT,
            tuple(tensor.shape[1:]),
            math.prod(tensor.shape[1:]),
            channel_axis=self.formats.axis(module, tensor),
            residual=self.sums.take(tensor),
            module=name,
            call=call,
            entering=entering,
        )
        self.found.append(layer)
        self.outputs[layer.name] = weakref.ref(tensor)

    def finish(self, final: torch.Tensor | None) -> LayerList:
        """Number the calls, mark the blocks, and say which modules forward never reached."""
        for name in self.names.values():
            if not self.calls[name]:
                self.absent[name] = "is never called by forward"
        chosen = self.blocks(final) | {OUTPUT}
        inside = self.inside_blocks()
        result = LayerList(absent=self.absent)
        for layer in self.found:
            calls = self.calls[layer.module]
            entering = layer.entering and replace(layer.entering, calls=calls, residual=inside(layer.entering))
            block = layer.name in chosen
            result.append(replace(layer, calls=calls, entering=entering, block=block, residual=inside(layer)))
        return result

    def inside_blocks(self) -> Callable[[Layer], bool]:
        """The test whether a sum is as wide as the block in which it was made."""
        names = {self.names[module] for module in self.candidates()}
        widths = {layer.module: layer.width for layer in self.found if layer.module in names}

        def test(layer: Layer) -> bool:
            return layer.residual and any(
                layer.width == width and f"{layer.module}.".startswith(f"{name}.") for name, width in widths.items()
            )

        return test

    def candidates(self) -> list[nn.Module]:
        """The blocks by structure, among what was listed."""
        listed = {layer.module for layer in self.found if layer.name != INPUT}
        return find_blocks(self.root, lambda module: self.names[module] in listed)

    def blocks(self, final: torch.Tensor | None) -> set[str]:
        """Names of the layers that "blocks" means, every call of them, without one that is the network's own output."""
        for candidates in (self.candidates(), plain_layers(self.root)):
            modules = {self.names[module] for module in candidates}
            layers = [layer.name for layer in self.found if layer.module in modules and layer.name != INPUT]
            chosen = {name for name in layers if self.outputs[name]() is not final}
            if chosen:
                return chosen
        return set()


def call_name(module: str, call: int) -> str:
    """A module's name, with the number of the call after the first."""
    return f"{module}@{call}" if call > 1 else module


def output_name(call: str) -> str:
    """Name of what a call puts out; a module called "input" or "output" gives way to the network's own."""
    return f"{call}:output" if call in (INPUT, OUTPUT) else call or OUTPUT


def first_tensor(value: Any) -> torch.Tensor | None:
    """The first tensor in nested tuples, lists and mappings."""
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, tuple | list):
        return next((tensor for item in value if (tensor := first_tensor(item)) is not None), None)
    return None


def why_not(tensor: torch.Tensor) -> str:
    """Why a tensor of the dummy pass is not one row of real numbers per sample; empty when it is."""
    if tensor.is_nested or tensor.layout is not torch.strided or tensor.is_complex():
        return "does not give a dense tensor of real numbers"
    if not tensor.is_floating_point():
        return "holds whole numbers (tokens, places or a mask), which are no activations"
    if tensor.ndim == 0 or tensor.shape[0] != SAMPLES:
        return f"does not give one entry per sample (shape {tuple(tensor.shape)} for {SAMPLES} samples)"
    return ""
