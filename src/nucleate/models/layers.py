"""What can be tapped in a network: every module's output in the order of execution, found by one forward pass."""

from __future__ import annotations

import math
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from nucleate.errors import ModelError, UsageError
from nucleate.models.blocks import find_blocks, plain_layers
from nucleate.models.network import Network, as_network
from nucleate.suggestions import did_you_mean

INPUT, OUTPUT = "input", "output"
SAMPLES = 2  # in the dummy batch

CHANNELS_FIRST = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
)
CHANNELS_LAST = (nn.Linear, nn.Embedding, nn.MultiheadAttention)


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
    """

    order: int
    name: str
    kind: str
    shape: tuple[int, ...]
    width: int
    channel_axis: int | None = field(default=None, repr=False)
    block: bool = field(default=False, repr=False)
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
        When the shape is unknown, or forward fails on it.

    Notes
    -----
    Costs one forward pass over two inputs of zeros, in evaluation mode.

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
    batch = torch.zeros((SAMPLES, *shape), dtype=network.dtype, device=network.device)
    with network.evaluating(), listing, torch.no_grad():
        try:
            output = network.module(batch)
        except Exception as error:  # whatever a stranger's forward may raise
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(
                f"{network.name} cannot run on an input of shape {tuple(shape)}: {reason}",
                "Pass the input_shape it was built for",
            ) from error
    return listing.finish(first_tensor(output))


class Listing:
    """Forward hooks on every module that note each call's input and output."""

    def __init__(self, root: nn.Module) -> None:
        self.root = root
        self.names = {module: name for name, module in root.named_modules()}
        self.calls: Counter[str] = Counter()
        self.found: list[tuple[Layer, nn.Module]] = []
        self.absent: dict[str, str] = {}
        self.entering: dict[str, list[Layer | None]] = {}
        self.formats: dict[tuple[int, ...], bool] = {}  # shape -> channels last, of the latest output that tells
        self.outputs: dict[str, weakref.ref[torch.Tensor]] = {}
        self.handles: list[Any] = []

    def __enter__(self) -> None:
        for module in self.names:
            self.handles.append(module.register_forward_pre_hook(self.before, with_kwargs=True))
            self.handles.append(module.register_forward_hook(self.after))

    def __exit__(self, *exception: object) -> None:
        for handle in self.handles:
            handle.remove()

    def before(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Note what enters a module: the network's own input, or a tap to be attached to its output."""
        name = self.names[module]
        tensor = first_tensor((args, kwargs))
        layer = None
        if per_sample(tensor) and tensor is not None:
            layer = self.layer(f"{name}:input" if name else INPUT, module, tensor, channels_last=None)
        if name:
            self.entering.setdefault(name, []).append(layer)
        elif layer is not None:
            self.found.append((replace(layer, kind=INPUT, channel_axis=None), module))

    def after(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """List a module's output."""
        name = self.names[module]
        self.calls[name] += 1
        call = self.calls[name]
        entering = self.entering[name].pop() if name else None  # a module may call itself: last in, first out
        tensor = first_tensor(output)
        if tensor is None or not per_sample(tensor):
            shown = "no tensor" if tensor is None else f"shape {tuple(tensor.shape)} for {SAMPLES} samples"
            self.absent[name or OUTPUT] = f"does not give one entry per sample ({shown})"
            return
        channels_last = self.declared_format(module)
        if channels_last is not None:
            self.formats[tuple(tensor.shape)] = channels_last
        suffix = f"@{call}" if call > 1 else ""
        layer = self.layer(f"{tap_name(name)}{suffix}", module, tensor, channels_last=channels_last)
        if entering is not None:
            entering = replace(entering, name=f"{name}{suffix}:input", call=call)
        self.found.append((replace(layer, call=call, entering=entering), module))
        self.outputs[layer.name] = weakref.ref(tensor)

    def layer(self, name: str, module: nn.Module, tensor: torch.Tensor, *, channels_last: bool | None) -> Layer:
        """Describe one tensor."""
        shape = tuple(tensor.shape[1:])
        return Layer(
            len(self.found) if not name.endswith(":input") else max(len(self.found) - 1, 0),
            name,
            type(module).__name__ if self.names[module] else OUTPUT,
            shape,
            math.prod(shape),
            channel_axis=self.channel_axis(tensor, channels_last),
            module=self.names[module],
        )

    def declared_format(self, module: nn.Module) -> bool | None:
        """Whether a module puts channels last, where its class or timm's `output_fmt` tells."""
        declared = getattr(module, "output_fmt", None) if module is not self.root else None
        if declared is not None:
            return str(getattr(declared, "value", declared)).endswith("C")
        if isinstance(module, CHANNELS_FIRST):
            return False
        # Subclasses of LayerNorm normalise over channels elsewhere.
        return True if isinstance(module, CHANNELS_LAST) or type(module) is nn.LayerNorm else None

    def channel_axis(self, tensor: torch.Tensor, channels_last: bool | None) -> int | None:
        """The channel axis of one sample: as declared, as the latest output of this shape had it, or by convention."""
        axes = tensor.ndim - 1
        if axes < 2:
            return None
        if channels_last is None:
            channels_last = self.formats.get(tuple(tensor.shape))
        if channels_last is None:  # tokens by channels, else a map: channels first unless the network says otherwise
            root_format = getattr(self.root, "output_fmt", "NCHW")
            channels_last = axes == 2 or (axes == 3 and str(getattr(root_format, "value", root_format)) == "NHWC")
        return axes - 1 if channels_last else 0

    def finish(self, final: torch.Tensor | None) -> LayerList:
        """Number the calls, mark the blocks, and say which modules forward never reached."""
        for module, name in self.names.items():
            if not self.calls[name] and not isinstance(module, nn.ModuleList | nn.ModuleDict):
                self.absent[name] = "is never called by forward"
        chosen = self.blocks(final)
        result = LayerList(absent=self.absent)
        for layer, module in self.found:
            calls = max(self.calls[layer.module], 1)
            entering = layer.entering and replace(layer.entering, calls=calls)
            result.append(
                replace(layer, calls=calls, entering=entering, block=module in chosen or layer.name == OUTPUT)
            )
        return result

    def blocks(self, final: torch.Tensor | None) -> set[nn.Module]:
        """The modules that the choice "blocks" means, without one whose output is the network's own."""
        listed = {module: layer for layer, module in self.found}
        for candidates in (find_blocks(self.root), plain_layers(self.root)):
            chosen = {m for m in candidates if m in listed and self.outputs[listed[m].name]() is not final}
            if chosen:
                return chosen
        return set()


def tap_name(name: str) -> str:
    """The name of a module's output; a module called "input" or "output" gives way to the network's own."""
    return f"{name}:output" if name in (INPUT, OUTPUT) else name or OUTPUT


def first_tensor(value: Any) -> torch.Tensor | None:
    """The first tensor in nested tuples, lists and mappings."""
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, tuple | list):
        return next((tensor for item in value if (tensor := first_tensor(item)) is not None), None)
    return None


def per_sample(tensor: torch.Tensor | None) -> bool:
    """Whether a tensor of the dummy pass holds one entry per sample."""
    return tensor is not None and tensor.ndim > 0 and tensor.shape[0] == SAMPLES


def select(layers: Sequence[Layer], patterns: str | Sequence[str] = "blocks") -> LayerList:
    """Choose layers, in execution order.

    Parameters
    ----------
    layers : sequence of Layer
        What the function `layers` returned.
    patterns : str or sequence of str
        "blocks" (residual, transformer or other blocks, else every convolution and linear layer; and the output),
        "all", exact names, or globs in which `*` also crosses dots; a string may list several with commas.
        `name:input` taps what goes into a module, `name:output` is its output.

    Raises
    ------
    UsageError
        When a pattern matches nothing.

    Examples
    --------
    >>> listed = layers(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), (4,))
    >>> [layer.name for layer in select(listed, "blocks")]
    ['0', 'output']
    >>> [layer.name for layer in select(listed, "input, 2:input, 2")]
    ['input', '2:input', '2']
    """
    listed = patterns.split(",") if isinstance(patterns, str) else patterns
    wanted = [pattern.strip() for pattern in listed if pattern.strip()]
    if not wanted:
        raise UsageError("No layers are asked for", "Ask for 'blocks', 'all' or names")
    absent = getattr(layers, "absent", {})
    taps = [tap for layer in layers for tap in (layer.entering, layer) if tap is not None]
    chosen: set[str] = set()
    for pattern in wanted:
        chosen.update(match(pattern, layers, taps) or raise_unmatched(pattern, taps, absent))
    return LayerList((tap for tap in taps if tap.name in chosen), absent)


def match(pattern: str, layers: Sequence[Layer], taps: Sequence[Layer]) -> list[str]:
    """Names of the taps that a pattern means."""
    if pattern == "blocks":
        return [layer.name for layer in layers if layer.block]
    if pattern == "all":
        return [layer.name for layer in layers]
    names = [tap.name for tap in taps]
    for exact in (pattern, pattern.removesuffix(":output")):
        if exact in names:
            return [exact]
    inputs = pattern.endswith(":input")  # a glob speaks of outputs unless it says otherwise
    return [name for name in names if name.endswith(":input") == inputs and fnmatchcase(name, pattern)]


def raise_unmatched(pattern: str, taps: Sequence[Layer], absent: Mapping[str, str]) -> list[str]:
    """Say why a pattern matches nothing."""
    name = pattern.removesuffix(":input").removesuffix(":output").partition("@")[0]
    if name in absent:
        raise UsageError(f"Layer {name!r} {absent[name]}", "Ask for the module around it or one inside it")
    outputs = [tap.name for tap in taps if not tap.name.endswith(":input")]
    raise UsageError(f"No layer matches {pattern!r}", did_you_mean(pattern, outputs))
