"""Choosing layers by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from nucleate.activations._layers import INPUT, OUTPUT, Layer, LayerList
from nucleate.errors import UsageError
from nucleate.suggestions import did_you_mean

CHOICES = ("blocks", "residual", "landmarks", "penultimate", "all")
"""Names for several layers, or for one by its role."""


def select(layers: Sequence[Layer], patterns: str | Sequence[str] = "blocks") -> LayerList:
    """Choose layers, in execution order.

    Parameters
    ----------
    layers : sequence of Layer
        What the function `layers` returned.
    patterns : str or sequence of str
        "blocks" (residual, transformer or other blocks, else every convolution and linear layer; and the output),
        "residual" (the residual sums inside blocks, in a transformer after attention and after the MLP; and the
        output), "landmarks" (the input, blocks, pooling and fully connected layers outside of blocks, and the output),
        "penultimate" (what enters the final classifier, else the output), "all", exact names, or globs in
        which `*` also crosses dots; a string may list several with commas. `name:input` taps what goes into a module,
        `name:output` is its output.

    Raises
    ------
    UsageError
        When a pattern matches nothing.

    Examples
    --------
    >>> from torch import nn
    >>> from nucleate.activations import layers
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
    if pattern == "residual":
        sums = [tap.name for tap in taps if tap.residual]
        return sums and [*sums, OUTPUT]
    if pattern == "penultimate":
        return [penultimate(layers)]
    if pattern == "landmarks":
        return landmarks(layers)
    if pattern == "all":
        return [layer.name for layer in layers]
    names = [tap.name for tap in taps]
    for exact in (pattern, pattern.removesuffix(":output")):
        if exact in names:
            return [exact]
    inputs = pattern.endswith(":input")  # a glob speaks of outputs unless it says otherwise
    return [name for name in names if name.endswith(":input") == inputs and fnmatchcase(name, pattern)]


def penultimate(layers: Sequence[Layer]) -> str:
    """The name of what enters the final classifier: the last linear layer to run, if it gives what the network gives.

    A network without a classifier, such as an encoder trained without labels, has its output there.

    Examples
    --------
    >>> from torch import nn
    >>> from nucleate.activations import layers
    >>> penultimate(layers(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), (4,)))
    '2:input'
    >>> penultimate(layers(nn.Sequential(nn.Linear(4, 4), nn.AvgPool1d(2)), (4,)))
    'output'
    """
    linear = [layer for layer in layers if layer.kind.endswith("Linear")]
    if linear and linear[-1].entering is not None and linear[-1].shape == layers[-1].shape:
        return linear[-1].entering.name
    return OUTPUT


def landmarks(layers: Sequence[Layer]) -> list[str]:
    """The input, blocks, what pools or is fully connected outside of blocks, and the output; none of them twice.

    The layers at which Doimo et al. (2020) look. A linear layer that gives the output is left to the output.

    Examples
    --------
    >>> from torch import nn
    >>> from nucleate.activations import layers
    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 6), nn.Linear(6, 2))
    >>> landmarks(layers(network, (1, 6, 6)))
    ['input', '0', '1', '3', 'output']
    """
    last = [layer for layer in layers if layer.kind.endswith("Linear") and layer.shape == layers[-1].shape][-1:]
    found: list[Layer] = []
    for layer in reversed(layers):  # modules end after what they hold
        inside = any(layer.module.startswith(f"{outer.module}.") for outer in found if outer.module)
        telling = layer.block or layer.kind.endswith("Linear") or "Pool" in layer.kind
        if layer.name in (INPUT, OUTPUT) or (telling and not inside and layer not in last):
            found.append(layer)
    return [layer.name for layer in reversed(found)]


def raise_unmatched(pattern: str, taps: Sequence[Layer], absent: Mapping[str, str]) -> list[str]:
    """Say why a pattern matches nothing."""
    if pattern == "residual":
        raise UsageError("The blocks of this network hold no residual sums", "Ask for 'blocks'")
    name = pattern.removesuffix(":input").removesuffix(":output").partition("@")[0]
    if name in absent:
        raise UsageError(f"Layer {name!r} {absent[name]}", "Ask for the module around it or one inside it")
    outputs = [tap.name for tap in taps if not tap.name.endswith(":input")]
    raise UsageError(f"No layer matches {pattern!r}", did_you_mean(pattern, [*outputs, *CHOICES]))
