"""Rows of layers too wide to keep: stored a few layers at a time, analysed, and let go.

What depends on a layer's rows depends on their digests, and these stay. So results are the same files as where
everything is kept, and a finished analysis is known as finished when the rows are gone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nucleate.activations import Layer
from nucleate.pipeline.folder import Provenance, RunFolder, unfinished
from nucleate.pipeline.plan import Plan, Storing
from nucleate.pipeline.rows._extraction import Extraction, Extractor
from nucleate.pipeline.tasks import Task
from nucleate.storage import BlockStore, Commit, digest, digest_array

VERSION = 1


@dataclass(frozen=True)
class TransientRows(BlockStore):
    """Blocks of one layer, there while it is analysed; its digests stay.

    Attributes
    ----------
    layer : Layer
    made : Provenance
        Of the rows; its commit record holds the digest of each block.
    """

    layer: Layer
    made: Provenance

    @property
    def known(self) -> bool:
        """Whether all rows have been there, so that it is known what results depend on."""
        return self.made.found() is not None

    def layer_digest(self, layer: str, blocks: Sequence[int]) -> str:
        """As of any block store, also when the rows are gone."""
        found = self.made.found()
        digests = found.facts["blocks"] if found else {}
        return digest([digests.get(str(block)) for block in blocks])

    def finish(self, blocks: Sequence[int]) -> None:
        """Write down the digests of all blocks."""
        records = {block: self.record(block) for block in blocks}
        digests = {str(block): one.facts["layers"][self.layer.name]["sha256"] for block, one in records.items() if one}
        self.made.commit({}, blocks=digests)

    def let_go(self) -> None:
        """Remove the rows."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class HeldRows(TransientRows):
    """The same in memory."""

    held: dict[int, tuple[Commit, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)

    def record(self, block: int) -> Commit | None:
        """What is known of a block that is there."""
        return self.held[block][0] if block in self.held else None

    def commit(
        self,
        block: int,
        layers: Mapping[str, np.ndarray],
        *,
        facts: Mapping[str, Any],
        extra_files: Mapping[str, bytes] | None = None,
    ) -> Commit:
        """Hold one block."""
        values = layers[self.layer.name]
        told = {**facts, "layers": {self.layer.name: {"sha256": digest_array(values)}}}
        self.held[block] = Commit(self.fingerprint, {}, told), values
        return self.held[block][0]

    def read(self, layer: str, rows: np.ndarray) -> np.ndarray:
        """Rows of the blocks that are there."""
        return self.read_columns(layer, rows, slice(None))

    def read_columns(self, layer: str, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Some of their columns."""
        found = []
        for block in self.blocks_of(rows):
            span = self.span(block)
            inside = rows[(rows >= span.start) & (rows < span.stop)] - span.start
            found.append(self.held[block][1][inside, columns])
        return np.concatenate(found)

    def let_go(self) -> None:
        """Let the rows go."""
        self.held.clear()


def transient_rows(folder: RunFolder, plan: Plan, extraction: Extraction, samples: int) -> dict[str, TransientRows]:
    """The rows of each layer of a plan."""
    assert isinstance(plan.holding, Storing), "activations are not kept"
    kind = TransientRows if plan.holding.where == "disk" else HeldRows
    found = {}
    for layer in plan.layers:
        made = Provenance(
            record=folder.of_layer("digests", layer),
            depends_on={
                "rows of": layer.name, "version": VERSION, "activations": extraction.of_any_layer,
                "block_rows": plan.block_rows, "blocks": plan.blocks,
            },
            machine=extraction.environment,
        )  # fmt: skip
        place = folder.scratch / made.record.stem
        found[layer.name] = kind(place, made.fingerprint, samples, plan.block_rows, layer, made)
    return found


def analyse_in_passes(
    rows: Mapping[str, TransientRows], extractor: Extractor, tasks: Callable[[TransientRows], list[Task]]
) -> None:
    """Extract a few layers at a time, do the tasks that read their rows, and let the rows go.

    Parameters
    ----------
    rows : dict
        Layer -> its rows.
    extractor : Extractor
        Its block store gets no activations, but tells which samples could not be read.
    tasks : callable
        Of a layer's rows, the tasks that read them; called once every sample has been read or found unreadable.
    """
    plan, unread = extractor.plan, bool(extractor.unread)
    wanted = {one.layer.name for one in unfinished(rows.values())}
    wanted |= {name for name, one in rows.items() if unread or (name not in wanted and _undone(tasks(one)))}
    if wanted:  # bits of two machines never mix
        wanted |= {name for name, one in rows.items() if not one.made.is_done}
    for name, one in rows.items():
        if name not in wanted:
            one.let_go()  # a process that died right after its work left them behind
    waiting = [[rows[name] for name in part.layers if name in wanted] for part in plan.passes]
    waiting = [part for part in waiting if part]
    for place, part in enumerate(waiting, 1):
        told = "" if len(waiting) == 1 else f", pass {place} of {len(waiting)}"
        _store(part, extractor, title=f"activations{told} (blocks)")
        work = [(one, tasks(one)) for one in part]
        with extractor.reporter.steps(f"neighbours{told}", sum(len(_undone(todo)) for _, todo in work)) as advance:
            for one, todo in work:
                for task in _undone(todo):
                    task.perform()
                    advance()
                one.let_go()


def _undone(tasks: Sequence[Task]) -> list[Task]:
    return [task for task in tasks if not task.is_done]


def _store(part: Sequence[TransientRows], extractor: Extractor, *, title: str) -> None:
    """Bring the rows of some layers together."""
    blocks = extractor.plan.blocks
    missing = sorted({*extractor.unread, *(block for one in part for block in one.missing(blocks))})
    layers = [one.layer for one in part]
    with extractor.reporter.steps(title, len(missing)) as advance:
        for block, answer in zip(missing, extractor.extract(missing, layers), strict=True):
            extractor.note(block, answer)  # first: what a sample that was lost meanwhile leaves must not be kept
            for one in part:
                if one.record(block) is None:
                    one.commit(block, {one.layer.name: answer.layers[one.layer.name]}, facts={})
            advance()
    for one in part:
        one.finish(blocks)
