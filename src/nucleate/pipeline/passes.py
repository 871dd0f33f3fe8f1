"""Which layers and superclasses are held together while samples pass through the network, so that memory suffices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

ALL_SAMPLES = "all samples"
"""The name of the one superclass when samples are clustered as a whole."""

# Beside the rows that are held: a block as the network leaves it, as a block, and marks of what is finite in it; of
# one layer the part that is taken out, with unit rows, and what the network itself has there.
_COPIES, _COPIES_OF_ONE = 2.25, 4
_FIXED = 2**26  # buffers of products


@dataclass(frozen=True)
class Pass:
    """One time that samples go through the network.

    Attributes
    ----------
    layers : tuple of str
        Layers whose rows are held until the distances between them are known.
    groups : tuple of str
        Superclasses whose samples go through.
    memory : int
        Bytes that it takes beside the network.
    """

    layers: tuple[str, ...]
    groups: tuple[str, ...]
    memory: int


@dataclass(frozen=True)
class Holding:
    """What would be held.

    Attributes
    ----------
    groups : dict
        Superclass -> its rows, ascending.
    widths : dict
        Layer -> its columns, in execution order.
    block_rows : int
        Rows that go through at once.
    """

    groups: Mapping[str, np.ndarray]
    widths: Mapping[str, int]
    block_rows: int

    def passes(self, free: int) -> tuple[Pass, ...]:
        """As few passes as fit into `free` bytes; where one superclass at one layer does not, its pass says so.

        Layers are added to a pass while all superclasses fit; of a layer too wide for that, superclasses are.

        Examples
        --------
        >>> rows = {"a": np.arange(100), "b": np.arange(100, 200)}
        >>> holding = Holding(rows, {"wide": 200_000, "narrow": 1_000}, block_rows=10)
        >>> [one.layers for one in holding.passes(400 * 2**20)]
        [('wide', 'narrow')]
        >>> [(one.layers, one.groups) for one in holding.passes(170 * 2**20)]
        [(('wide',), ('a',)), (('wide',), ('b',)), (('narrow',), ('a', 'b'))]
        """
        everyone = sorted(self.groups, key=lambda group: int(self.groups[group][0]))
        found: list[tuple[list[str], list[str]]] = []
        together: list[str] = []
        for layer in self.widths:
            if self.memory([*together, layer], everyone) <= free:
                together.append(layer)
                continue
            found += [(together, everyone)] if together else []
            together = []
            if self.memory([layer], everyone) <= free:
                together = [layer]
            else:
                found += [([layer], groups) for groups in self._split(layer, everyone, free)]
        found += [(together, everyone)] if together else []
        return tuple(Pass(tuple(of), tuple(by), self.memory(of, by)) for of, by in found)

    @property
    def pair_bytes(self) -> int:
        """Bytes of the distances of one layer."""
        return sum(8 * len(rows) * (len(rows) - 1) // 2 for rows in self.groups.values())

    def memory(self, layers: Sequence[str], groups: Sequence[str]) -> int:
        """Bytes that a pass takes at most: a superclass is held from its first row to its last."""
        columns = sum(self.widths[layer] for layer in layers)
        widest = max(self.widths[layer] for layer in layers)
        block = 4 * self.block_rows * (_COPIES * columns + _COPIES_OF_ONE * widest)
        largest = max(len(self.groups[group]) for group in groups)
        return round(4 * columns * self._most_rows(groups) + block) + 3 * 8 * largest**2 + _FIXED

    def blocks(self, groups: Iterable[str]) -> list[int]:
        """The blocks that hold at least one row of these superclasses, ascending."""
        found = [np.unique(self.groups[group] // self.block_rows) for group in groups]
        return [int(block) for block in np.unique(np.concatenate(found))] if found else []

    def _most_rows(self, groups: Sequence[str]) -> int:
        """Rows of all superclasses that are held at the same time, where that is most."""
        first = np.array([self.groups[group][0] for group in groups]) // self.block_rows
        last = np.array([self.groups[group][-1] for group in groups]) // self.block_rows
        sizes = np.array([len(self.groups[group]) for group in groups])
        return int(max(sizes[(first <= start) & (start <= last)].sum() for start in first))

    def _split(self, layer: str, groups: Sequence[str], free: int) -> list[list[str]]:
        parts: list[list[str]] = [[]]
        for group in groups:
            if parts[-1] and self.memory([layer], [*parts[-1], group]) > free:
                parts.append([])
            parts[-1].append(group)
        return parts
