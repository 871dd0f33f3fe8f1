"""Which modules of a network are its blocks: the residual, transformer or other units that it is a chain of.

The rule looks at structure alone, never at names. Blocks stand beside each other in a list (`nn.Sequential`,
`nn.ModuleList`) or as siblings of one class; a list of lists, or an element that itself holds such a list, is a stage
and is entered. A module with fewer than two weights (convolution and normalisation, say) is a part, not a block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from torch import nn


def find_blocks(root: nn.Module, tappable: Callable[[nn.Module], bool] = lambda module: True) -> list[nn.Module]:
    """The blocks of a network, in the order of its definition; empty where it is a plain chain of layers.

    Parameters
    ----------
    root : torch.nn.Module
    tappable : callable
        Whether a module gives one output per sample. A stage that has no such blocks inside is a block itself.
    """
    # Stages of one network need not look alike (the last may mix two kinds of blocks), so their class decides together.
    classes = Counter(type(module) for module in root.modules())
    rows = Counter(type(module) for module in root.modules() if holds_row(module))
    stages = {kind for kind, count in rows.items() if 2 * count >= classes[kind]}

    def inside(module: nn.Module) -> list[nn.Module]:
        siblings = Counter(type(child) for child in module.children() if is_unit(child))
        blocks = []
        for child in module.children():
            if is_list(child):
                blocks += elements(child)
            else:
                blocks += blocks_of(child) if siblings[type(child)] > 1 else inside(child)
        return blocks

    def elements(row: nn.Module) -> list[nn.Module]:
        return [block for element in row.children() for block in blocks_of(element)]

    def blocks_of(element: nn.Module) -> list[nn.Module]:
        if is_list(element):
            return elements(element)
        if is_row(element):
            inner = elements(element)
        elif type(element) in stages:
            inner = inside(element)
        else:
            inner = []
        if any(tappable(block) for block in inner):
            return inner
        return [element] if is_unit(element) else []

    return elements(root) if is_list(root) else inside(root)


def plain_layers(root: nn.Module) -> list[nn.Module]:
    """Every convolution and linear layer: what stands for blocks in a network that has none."""
    return [module for module in root.modules() if isinstance(module, nn.modules.conv._ConvNd | nn.Linear)]


def is_list(module: nn.Module) -> bool:
    """Whether a module is a bare list. Subclasses are units with a purpose of their own."""
    return type(module) in (nn.Sequential, nn.ModuleList)


def is_unit(module: nn.Module) -> bool:
    """Whether a module could be a block: children, no bare list, and two weights (biases and norms do not count)."""
    if is_list(module) or next(module.children(), None) is None:
        return False
    return sum(parameter.ndim > 1 for parameter in module.parameters()) > 1


def is_row(module: nn.Module) -> bool:
    """Whether a module is nothing but units of one class.

    A dictionary of units is a block: its forward joins them in a way of its own (DenseNet concatenates).
    """
    return share_of_one_class(module) == 1 and not isinstance(module, nn.ModuleDict)


def holds_row(module: nn.Module) -> bool:
    """Whether a module holds a list of units, most of them of one class: attention and MLP alone are no row."""
    return any(is_list(child) and share_of_one_class(child) > 0.5 for child in module.children())


def share_of_one_class(module: nn.Module) -> float:
    """The share of the most frequent class among a module's children; 0 unless all of them are units."""
    children = list(module.children())
    if not children or not all(is_unit(child) for child in children):
        return 0.0
    return Counter(type(child) for child in children).most_common(1)[0][1] / len(children)
