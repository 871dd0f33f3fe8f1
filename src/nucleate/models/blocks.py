"""Which modules of a network are its blocks: the residual, transformer or other units that it is a chain of.

The rule looks at structure alone, never at names. Blocks stand beside each other in a list (`nn.Sequential`,
`nn.ModuleList`) or as siblings of one class; a list of lists, or an element that itself holds such a list, is a stage
and is entered. A module with fewer than two weights (convolution and normalisation, say) is a part, not a block.
"""

from __future__ import annotations

from collections import Counter

from torch import nn


def find_blocks(root: nn.Module) -> list[nn.Module]:
    """The blocks of a network, in the order of its definition; empty where it is a plain chain of layers."""
    blocks: list[nn.Module] = []
    enter(root, blocks)
    return blocks


def plain_layers(root: nn.Module) -> list[nn.Module]:
    """Every convolution and linear layer: what stands for blocks in a network that has none."""
    return [module for module in root.modules() if isinstance(module, nn.modules.conv._ConvNd | nn.Linear)]


def enter(module: nn.Module, blocks: list[nn.Module]) -> None:
    """Look for lists and siblings among the children of a module that is not a block itself."""
    siblings = Counter(type(child) for child in module.children() if is_unit(child))
    for child in module.children():
        if is_list(child):
            for element in child.children():
                take(element, blocks)
        elif siblings[type(child)] > 1:
            take(child, blocks)
        else:
            enter(child, blocks)


def take(element: nn.Module, blocks: list[nn.Module]) -> None:
    """Add an element of a list as a block, or enter it when it is a list or a stage."""
    if is_list(element) or is_row(element):
        for inner in element.children():
            take(inner, blocks)
    elif is_stage(element):
        enter(element, blocks)
    elif is_unit(element):
        blocks.append(element)


def is_list(module: nn.Module) -> bool:
    """Whether a module is a bare list. Subclasses are units with a purpose of their own."""
    return type(module) in (nn.Sequential, nn.ModuleList)


def is_unit(module: nn.Module) -> bool:
    """Whether a module could be a block: children, no bare list, and two weights (biases and norms do not count)."""
    if is_list(module) or next(module.children(), None) is None:
        return False
    return sum(parameter.ndim > 1 for parameter in module.parameters()) > 1


def is_stage(module: nn.Module) -> bool:
    """Whether a module holds a list of units of one class."""
    return any(is_list(child) and is_row(child) for child in module.children())


def is_row(module: nn.Module) -> bool:
    """Whether a module is nothing but units of one class.

    A dictionary of units is a block: its forward joins them in a way of its own (DenseNet concatenates).
    """
    children = list(module.children())
    if not children or isinstance(module, nn.ModuleDict):
        return False
    return all(is_unit(child) for child in children) and len({type(child) for child in children}) == 1
