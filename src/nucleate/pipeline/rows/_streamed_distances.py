"""Flattened layers that nobody could store: held until the distances inside each superclass are known, then let go.

A unit of work is one superclass at one layer. Each is committed alone, so that a killed run loses those that were in
flight and nothing else. Of a superclass too large to be held whole, some columns go by in each pass; the sum over
those that have gone by is kept beside the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nucleate.activations import Block, Layer
from nucleate.clusters import Normalization, normalized
from nucleate.errors import StorageError
from nucleate.pipeline.analyses import environment, load_state, save_state
from nucleate.pipeline.folder import Provenance, RunFolder, unfinished
from nucleate.pipeline.plan import Pass, Plan
from nucleate.pipeline.request import Settings
from nucleate.pipeline.rows._distances import VERSION, add_distances, distance_files
from nucleate.pipeline.rows._extraction import Extraction, Extractor
from nucleate.storage import BlockStore, digest_array, remove


@dataclass(frozen=True)
class Unit:
    """The distances between the samples of one superclass at one layer.

    Attributes
    ----------
    layer, group : str
    rows : (n,) int64
        The superclass' rows, ascending, also those that may turn out unreadable.
    made : Provenance
        Its commit record, and what its bits depend on.
    """

    layer: str
    group: str
    rows: np.ndarray
    made: Provenance

    @property
    def unfinished(self) -> Path:
        """Where the sum over the columns that have gone by is kept."""
        return self.made.record.with_suffix(".part")

    def gone_by(self) -> tuple[int, np.ndarray | None]:
        """Columns that have gone by, and the distances over them."""
        state = load_state(self.unfinished, self.made.fingerprint)
        return (0, None) if state is None else (int(state["columns"][0]), state["squared"])

    def keep(self, columns: int, squared: np.ndarray) -> None:
        """Keep the distances over the first columns."""
        save_state(self.unfinished, self.made.fingerprint, {"columns": np.array([columns]), "squared": squared})

    def commit(self, squared: np.ndarray | None, rows: np.ndarray) -> None:
        """Write the distances between the rows that could be read."""
        self.made.commit(distance_files(self.made.record.stem, squared, rows))
        remove(self.unfinished)


@dataclass
class _Held:
    """The rows of a unit that have come by: all their columns, or those from the first to before the last."""

    unit: Unit
    width: int
    columns: tuple[int, int]
    normalization: Normalization
    count: int = 0
    values: np.ndarray | None = None
    rows: list[np.ndarray] = field(default_factory=list)

    def take(self, block: Block) -> None:
        here = self.unit.rows[(self.unit.rows >= block.rows.start) & (self.unit.rows < block.rows.stop)]
        readable = here[[row not in block.failures for row in here.tolist()]]
        if self.values is None:
            self.values = np.empty((len(self.unit.rows), self.columns[1] - self.columns[0]), np.float32)
        if len(readable):
            first, last = readable[[0, -1]] - block.rows.start
            # Rows in a row are taken as they lie: a copy of wide ones costs as much as their norms.
            places = slice(first, last + 1) if last - first + 1 == len(readable) else readable - block.rows.start
            values = block.layers[self.unit.layer][places]
            # A row's norm is its own affair, and the whole row is here, whichever columns are wanted; what needs all
            # rows waits for them.
            values = normalized(values, "unit") if self.normalization == "unit" else values
            self.values[self.count : self.count + len(readable)] = values[:, slice(*self.columns)]
        self.count += len(readable)
        self.rows.append(readable)

    def finish(self) -> None:
        assert self.values is not None, "its last row has come by"
        rows = np.concatenate(self.rows)
        squared = None
        if len(rows):
            gone_by, before = self.unit.gone_by()
            if gone_by != self.columns[0]:
                raise StorageError(f"{self.unit.unfinished} is gone or damaged", "Run the same command again")
            squared = add_distances(self.values[: self.count], normalization=self.normalization, before=before)
        if squared is None or self.columns[1] == self.width:
            self.unit.commit(squared, rows)
        else:
            self.unit.keep(self.columns[1], squared)
        self.values = None  # let go before the next unit is finished


def units(folder: RunFolder, plan: Plan, request: Settings, extraction: Extraction) -> dict[tuple[str, str], Unit]:
    """Every unit of a plan: by layer and superclass, in that order."""
    machine = {**extraction.environment, "analysis": environment("clusters")}
    assert plan.holding is not None, "activations are not kept"
    return {
        (layer.name, group): Unit(
            layer=layer.name,
            group=group,
            rows=rows,
            made=Provenance(
                record=folder.of_layer("distances", layer, f"{place:04d}"),
                depends_on={
                    "analysis": "distances", "version": VERSION, "layer": layer.name, "rows": digest_array(rows),
                    "normalization": request.normalization, "activations": extraction.of_any_layer,
                },
                machine=machine,
            ),
        )
        for layer in plan.layers
        for place, (group, rows) in enumerate(plan.holding.groups.items())
    }  # fmt: skip


def records_of(found: Iterable[Unit], layer: str) -> dict[str, Path]:
    """Superclass -> commit record, of one layer's units."""
    return {unit.group: unit.made.record for unit in found if unit.layer == layer}


def measure_distances(found: Iterable[Unit], extractor: Extractor) -> None:
    """Send samples through the network, as often as memory demands, and commit the units that are not done yet.

    The store's blocks get no activations: their records tell which samples could not be read.
    """
    plan, unread = extractor.plan, extractor.unread
    everyone = list(found)
    wanted = unfinished(everyone)
    gone_by = {unit.made.record: unit.gone_by()[0] for unit in wanted}
    for unit in everyone:
        if unit.made.record not in gone_by:
            remove(unit.unfinished)  # a process that died right after its work left it behind
    sweeps = [_Sweep.of(one, wanted, gone_by, plan) for one in plan.passes]
    sweeps = [sweep for sweep in sweeps if sweep.units] or ([_Sweep([plan.layers[-1]], [], [])] if unread else [])
    for place, sweep in enumerate(sweeps, 1):
        blocks = sweep.blocks if place > 1 else sorted({*sweep.blocks, *unread})
        held = sweep.held(extractor.request.normalization, extractor.store)
        title = "distances (blocks)" if len(sweeps) == 1 else f"distances, pass {place} of {len(sweeps)} (blocks)"
        with extractor.reporter.steps(title, len(blocks)) as advance:
            for block, answer in zip(blocks, extractor.extract(blocks, sweep.layers), strict=True):
                extractor.note(block, answer)  # first: a sample that was lost meanwhile must not leave its mark
                _take(held, answer)
                for done in held.pop(block, []):
                    done.finish()
                advance()


@dataclass(frozen=True)
class _Sweep:
    """One time through the network: layers, blocks, and units with all their columns or those still to come."""

    layers: Sequence[Layer]
    units: Sequence[tuple[Unit, int, tuple[int, int]]]
    blocks: Sequence[int]

    @classmethod
    def of(cls, one: Pass, wanted: Sequence[Unit], gone_by: Mapping[Path, int], plan: Plan) -> _Sweep:
        """What is left of a pass; an earlier run may have cut columns elsewhere."""
        assert plan.holding is not None, "activations are not kept"
        here = []
        for unit in wanted:
            if unit.layer in one.layers and unit.group in one.groups:
                width = plan.holding.widths[unit.layer]
                first, last = one.columns or (0, width)
                first = max(first, gone_by[unit.made.record])
                if first < last:
                    here.append((unit, width, (first, last)))
        names = {unit.layer for unit, _, _ in here}
        blocks = plan.holding.blocks({unit.group for unit, _, _ in here})
        return cls([layer for layer in plan.layers if layer.name in names], here, blocks)

    def held(self, normalization: Normalization, store: BlockStore) -> dict[int, list[_Held]]:
        """Units by the block that completes them."""
        found: dict[int, list[_Held]] = {}
        for unit, width, columns in self.units:
            last = store.blocks_of(unit.rows)[-1]
            found.setdefault(last, []).append(_Held(unit, width, columns, normalization))
        return found


def _take(held: Mapping[int, Sequence[_Held]], block: Block) -> None:
    for waiting in held.values():
        for one in waiting:
            if one.unit.rows[0] < block.rows.stop:
                one.take(block)
