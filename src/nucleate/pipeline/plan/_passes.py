"""Which layers and superclasses go through the network together, so that memory and disk suffice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

PART_COLUMNS = 2**16
"""Columns whose distances are summed at a time, so that sums come out alike in however many passes."""

ALL_SAMPLES = "all samples"
"""The name of the one superclass when samples are clustered as a whole."""

# Beside the rows that are held: a block as the network leaves it, as a block, and marks of what is finite in it; of
# one layer the part that is taken out, with unit rows, and what the network itself has there.
_COPIES, _COPIES_OF_ONE = 2.25, 4
_FIXED = 2**26  # buffers of products


@dataclass(frozen=True)
class Room:
    """Bytes of memory, beside the network, and of disk."""

    memory: int
    disk: int = 0

    def holds(self, taken: Room) -> bool:
        """Whether what is taken fits in."""
        return taken.memory <= self.memory and taken.disk <= self.disk


@dataclass(frozen=True)
class Pass:
    """One time that samples go through the network.

    Attributes
    ----------
    layers : tuple of str
        Layers whose rows are kept until they have been analysed.
    groups : tuple of str
        Superclasses whose samples go through.
    takes : Room
        What that needs.
    columns : tuple of int, optional
        First column, and the one behind the last, of the only layer; default all.
    """

    layers: tuple[str, ...]
    groups: tuple[str, ...]
    takes: Room
    columns: tuple[int, int] | None = None


@dataclass(frozen=True)
class Holding:
    """Superclasses, each held in memory until the distances inside it are known.

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

    def passes(self, free: Room) -> tuple[Pass, ...]:
        """As few passes as fit into what is free; where the least there can be does not, its pass says so.

        Layers are added to a pass while all superclasses fit; of a layer too wide for that, superclasses are; of a
        superclass too large for that, parts of the columns are.

        Examples
        --------
        >>> rows = {"a": np.arange(0, 200, 2), "b": np.arange(1, 200, 2)}
        >>> holding = Holding(rows, {"wide": 200_000, "narrow": 1_000}, block_rows=10)
        >>> [one.layers for one in holding.passes(Room(400 * 2**20))]
        [('wide', 'narrow')]
        >>> [(one.layers, one.groups) for one in holding.passes(Room(240 * 2**20))]
        [(('wide',), ('a',)), (('wide',), ('b',)), (('narrow',), ('a', 'b'))]
        >>> [one.columns for one in holding.passes(Room(200 * 2**20))][:2]
        [(0, 131072), (131072, 200000)]
        """
        everyone = sorted(self.groups, key=lambda group: int(self.groups[group][0]))
        found: list[Pass] = []
        together: list[str] = []
        for layer in self.widths:
            if free.holds(self.takes([*together, layer], everyone)):
                together.append(layer)
                continue
            found += [self._whole(together, everyone)] if together else []
            together = []
            if free.holds(self.takes([layer], everyone)):
                together = [layer]
            else:
                found += self.divided(layer, everyone, free)
        return (*found, self._whole(together, everyone)) if together else tuple(found)

    @property
    def kept_bytes(self) -> int:
        """Bytes that stay on disk for good: the distances of all layers."""
        pairs = sum(len(rows) * (len(rows) - 1) // 2 for rows in self.groups.values())
        return 8 * pairs * len(self.widths)

    @property
    def products(self) -> float:
        """Multiplications and additions between all pairs of rows."""
        return float(sum(len(rows) ** 2 for rows in self.groups.values())) * sum(self.widths.values())

    def takes(self, layers: Sequence[str], groups: Sequence[str], columns: int | None = None) -> Room:
        """What a pass takes at most: a superclass is held from its first row to its last."""
        held = sum(self.widths[layer] for layer in layers) if columns is None else columns
        largest = max(len(self.groups[group]) for group in groups)
        # Of a layer that is cut or wider than a part, one part is copied.
        part = 4 * largest * PART_COLUMNS if max(self.widths[layer] for layer in layers) > PART_COLUMNS else 0
        beside = self.block_memory(layers) + part + 3 * 8 * largest**2
        return Room(4 * held * self._most_rows(groups) + beside)

    def block_memory(self, layers: Sequence[str]) -> int:
        """Bytes that a block of rows takes on its way."""
        columns = sum(self.widths[layer] for layer in layers)
        widest = max(self.widths[layer] for layer in layers)
        return round(4 * self.block_rows * (_COPIES * columns + _COPIES_OF_ONE * widest)) + _FIXED

    def blocks(self, groups: Iterable[str]) -> list[int]:
        """The blocks that hold at least one row of these superclasses, ascending."""
        found = [np.unique(self.groups[group] // self.block_rows) for group in groups]
        return [int(block) for block in np.unique(np.concatenate(found))] if found else []

    def divided(self, layer: str, groups: Sequence[str], free: Room) -> list[Pass]:
        """Passes of one layer that is too wide for all superclasses together."""
        parts: list[list[str]] = [[]]
        for group in groups:
            if parts[-1] and not free.holds(self.takes([layer], [*parts[-1], group])):
                parts.append([])
            parts[-1].append(group)
        return [one for part in parts for one in self._in_columns(layer, part, free)]

    def _whole(self, layers: Sequence[str], groups: Sequence[str]) -> Pass:
        return Pass(tuple(layers), tuple(groups), self.takes(layers, groups))

    def _in_columns(self, layer: str, groups: Sequence[str], free: Room) -> list[Pass]:
        """One pass, or as few as possible, each of whole parts of the columns, as many as fit."""
        width = self.widths[layer]
        step = width
        if not free.holds(self.takes([layer], groups)):
            steps = range(PART_COLUMNS, width, PART_COLUMNS)
            fitting = [columns for columns in steps if free.holds(self.takes([layer], groups, columns))]
            step = max(fitting, default=min(PART_COLUMNS, width))
        if step >= width:
            return [self._whole([layer], groups)]
        return [
            Pass((layer,), tuple(groups), self.takes([layer], groups, step), (start, min(start + step, width)))
            for start in range(0, width, step)
        ]

    def _most_rows(self, groups: Sequence[str]) -> int:
        """Rows of all superclasses that are held at the same time, where that is most."""
        first = np.array([self.groups[group][0] for group in groups]) // self.block_rows
        last = np.array([self.groups[group][-1] for group in groups]) // self.block_rows
        sizes = np.array([len(self.groups[group]) for group in groups])
        return int(max(sizes[(first <= start) & (start <= last)].sum() for start in first))


@dataclass(frozen=True)
class Storing(Holding):
    """All samples, as one group, their rows stored until each layer has been analysed.

    Attributes
    ----------
    stored_rows : int
        Rows of all blocks that hold a needed one.
    analysis : dict
        Layer -> bytes of memory that its analyses take.
    where : {"disk", "memory"}
        Where the rows lie meanwhile.
    """

    stored_rows: int
    analysis: Mapping[str, int]
    where: Literal["disk", "memory"] = "disk"

    def takes(self, layers: Sequence[str], groups: Sequence[str], columns: int | None = None) -> Room:
        """What a pass takes: the rows of its layers, and the hungrier of what makes them and what analyses them."""
        rows = 4 * self.stored_rows * sum(self.widths[layer] for layer in layers)
        working = max(self.block_memory(layers), *(self.analysis[layer] for layer in layers))
        return Room(working, rows) if self.where == "disk" else Room(working + rows)

    def divided(self, layer: str, groups: Sequence[str], free: Room) -> list[Pass]:
        """Neighbours are searched among all samples, so none can wait."""
        return [self._whole([layer], groups)]

    @property
    def kept_bytes(self) -> int:
        """Nothing of this stays."""
        return 0
