"""Flattened layers that nobody could store: held until the distances inside each superclass are known, then let go.

A unit of work is one superclass at one layer. Each is committed alone, so that a killed run loses those that were in
flight and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.activations import Block, extract
from nucleate.clusters import Normalization, normalized
from nucleate.data import Samples
from nucleate.errors import RunError
from nucleate.models import Layer, Network
from nucleate.pipeline.analyses.distances import VERSION, distance_files
from nucleate.pipeline.analyses.layered import environment
from nucleate.pipeline.extraction import Extraction, commit_block
from nucleate.pipeline.folder import RunFolder
from nucleate.pipeline.plan import Plan
from nucleate.pipeline.progress import Reporter
from nucleate.pipeline.settings import Settings
from nucleate.storage import BlockStore, commit, committed, digest, digest_array
from nucleate.storage.commits import read_commit


@dataclass(frozen=True)
class Unit:
    """The distances between the samples of one superclass at one layer.

    Attributes
    ----------
    layer, group : str
    rows : (n,) int64
        The superclass' rows, ascending, also those that may turn out unreadable.
    record : Path
        Its commit record.
    depends_on : dict
        What its bits depend on, apart from the machine.
    machine : dict
        What of this machine they depend on.
    """

    layer: str
    group: str
    rows: np.ndarray
    record: Path
    depends_on: dict[str, Any]
    machine: dict[str, Any]

    def is_done(self, machine: dict[str, Any]) -> bool:
        """Whether it is there, made on such a machine."""
        return committed(self.record, self._fingerprint(machine)) is not None

    def made_on(self) -> dict[str, Any] | None:
        """The machine that made what is there, if it is this unit."""
        found = read_commit(self.record)
        machine = found.facts.get("machine") if found else None
        return machine if isinstance(machine, dict) and self.is_done(machine) else None

    def commit(self, values: np.ndarray, rows: np.ndarray, *, normalization: Normalization) -> None:
        """Find the distances between the rows that could be read, and write them."""
        files = distance_files(self.record.stem, values, rows, normalization=normalization) if len(rows) else {}
        commit(self.record, files, fingerprint=self._fingerprint(self.machine), facts={"machine": self.machine})

    def _fingerprint(self, machine: dict[str, Any]) -> str:
        return digest([self.depends_on, machine])


@dataclass
class _Held:
    """The rows of a unit that have come by."""

    unit: Unit
    width: int
    normalization: Normalization
    count: int = 0
    values: np.ndarray | None = None
    rows: list[np.ndarray] = field(default_factory=list)

    def take(self, block: Block) -> None:
        here = self.unit.rows[(self.unit.rows >= block.rows.start) & (self.unit.rows < block.rows.stop)]
        readable = here[[row not in block.failures for row in here.tolist()]]
        if self.values is None:
            self.values = np.empty((len(self.unit.rows), self.width), np.float32)
        if len(readable):
            first, last = readable[[0, -1]] - block.rows.start
            # Rows in a row are taken as they lie: a copy of wide ones costs as much as their norms.
            places = slice(first, last + 1) if last - first + 1 == len(readable) else readable - block.rows.start
            values = block.layers[self.unit.layer][places]
            # A row's norm is its own affair; what needs all rows waits for them.
            values = normalized(values, "unit") if self.normalization == "unit" else values
            self.values[self.count : self.count + len(readable)] = values
        self.count += len(readable)
        self.rows.append(readable)

    def finish(self) -> None:
        assert self.values is not None, "its last row has come by"
        self.unit.commit(self.values[: self.count], np.concatenate(self.rows), normalization=self.normalization)


def units(folder: RunFolder, plan: Plan, request: Settings, extraction: Extraction) -> dict[tuple[str, str], Unit]:
    """Every unit of a plan: by layer and superclass, in that order."""
    shared = {
        name: extraction.settings[name] for name in ("version", "network", "samples", "pool", "dtype", "batch_size")
    }
    machine = {**extraction.environment, "analysis": environment("clusters")}
    assert plan.holding is not None, "activations are not kept"
    return {
        (layer.name, group): Unit(
            layer=layer.name,
            group=group,
            rows=rows,
            record=folder.of_layer("distances", layer, f"{place:04d}"),
            depends_on={
                "analysis": "distances", "version": VERSION, "layer": layer.name, "rows": digest_array(rows),
                "normalization": request.normalization, "activations": shared,
            },
            machine=machine,
        )
        for layer in plan.layers
        for place, (group, rows) in enumerate(plan.holding.groups.items())
    }  # fmt: skip


def records_of(found: Iterable[Unit], layer: str) -> dict[str, Path]:
    """Superclass -> commit record, of one layer's units."""
    return {unit.group: unit.record for unit in found if unit.layer == layer}


def unfinished(found: Iterable[Unit]) -> list[Unit]:
    """The units still to be made: none where all were made on one machine, whichever it was, for bits must not mix."""
    everyone = list(found)
    machines = [unit.made_on() for unit in everyone]
    if machines and machines[0] is not None and all(machine == machines[0] for machine in machines):
        return []
    return [unit for unit in everyone if not unit.is_done(unit.machine)]


def told_passes(plan: Plan) -> str:
    """How often samples go through the network, for people."""
    assert plan.holding is not None, "activations are not kept"
    if len(plan.passes) == 1:
        return "activations are not kept; one pass over the samples"
    through = sum(len(plan.holding.blocks(one.groups)) for one in plan.passes) / len(plan.blocks)
    return (
        f"activations are not kept; {len(plan.passes)} passes, each sample goes {through:.1f} times through the network"
    )


def measure_distances(
    wanted: Sequence[Unit],
    store: BlockStore,
    network: Network,
    samples: Samples,
    *,
    plan: Plan,
    request: Settings,
    shape: tuple[int, ...],
    device: str,
    workers: int,
    folder: RunFolder,
    reporter: Reporter,
) -> None:
    """Send samples through the network, as often as memory demands, and commit the units that are wanted.

    The store's blocks get no activations: their records tell which samples could not be read.
    """
    unread = store.missing(plan.blocks)
    sweeps = _sweeps(wanted, plan, unread)
    for place, (layers, units_here, blocks) in enumerate(sweeps, 1):
        found = extract(
            network, samples, [store.span(block) for block in blocks], layers=layers, pool=request.pool,
            batch_size=request.rows_per_batch, shape=shape, device=device, dtype=request.dtype, workers=workers,
        )  # fmt: skip
        held = _by_last_block(units_here, plan, request.normalization, store)
        title = "distances (blocks)" if len(sweeps) == 1 else f"distances, pass {place} of {len(sweeps)} (blocks)"
        with reporter.steps(title, len(blocks)) as advance:
            for block, answer in zip(blocks, found, strict=True):
                _take(held, answer)
                for done in held.pop(block, []):
                    done.finish()
                if store.record(block) is None:
                    commit_block(
                        store, block, answer, layers={}, plan=plan, request=request, samples=samples, folder=folder
                    )
                else:
                    _refuse_other_failures(store, block, answer, samples)
                advance()


def _sweeps(
    wanted: Sequence[Unit], plan: Plan, unread: Sequence[int]
) -> list[tuple[list[Layer], list[Unit], list[int]]]:
    """Layers, units and blocks of each pass that is still needed; the first also reads what nobody has read yet."""
    assert plan.holding is not None, "activations are not kept"
    sweeps: list[tuple[list[Layer], list[Unit], list[int]]] = []
    for one in plan.passes:
        here = [unit for unit in wanted if unit.layer in one.layers and unit.group in one.groups]
        if here:
            names = {unit.layer for unit in here}
            blocks = plan.holding.blocks({unit.group for unit in here})
            blocks = blocks if sweeps else sorted({*blocks, *unread})
            sweeps.append(([layer for layer in plan.layers if layer.name in names], here, blocks))
    return sweeps or ([([plan.layers[-1]], [], list(unread))] if unread else [])


def _by_last_block(
    wanted: Iterable[Unit], plan: Plan, normalization: Normalization, store: BlockStore
) -> dict[int, list[_Held]]:
    """Units by the block that completes them."""
    widths = {layer.name: width for layer, width in zip(plan.layers, plan.widths, strict=True)}
    held: dict[int, list[_Held]] = {}
    for unit in wanted:
        last = store.blocks_of(unit.rows)[-1]
        held.setdefault(last, []).append(_Held(unit, widths[unit.layer], normalization))
    return held


def _take(held: Mapping[int, Sequence[_Held]], block: Block) -> None:
    for waiting in held.values():
        for one in waiting:
            if one.unit.rows[0] < block.rows.stop:
                one.take(block)


def _refuse_other_failures(store: BlockStore, block: int, answer: Block, samples: Samples) -> None:
    """Refuse to go on when a file can be read in one pass and not in another."""
    record = store.record(block)
    before = {int(row) for row in record.facts["failures"]} if record else set()
    changed = sorted(before ^ answer.failures.keys())
    if changed:
        raise RunError(
            f"Sample {samples.table['id'][changed[0]]} (row {changed[0]}) could be read in one pass and not in another",
            "Mend the files and probe into a new folder",
        )
