"""Before anything runs: which layers, which rows, how much disk and memory, and whether that can be had."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, replace

import numpy as np

from nucleate.activations import Layer, layers, pooled_width, select
from nucleate.data import Samples
from nucleate.errors import UsageError
from nucleate.models import Network
from nucleate.pipeline.plan._passes import ALL_SAMPLES, Holding, Pass, Room, Storing
from nucleate.pipeline.plan._resources import WITHOUT_NEIGHBORS, analysis_memory, passing
from nucleate.pipeline.plan._sketching import Sketch, sketch_for
from nucleate.pipeline.request import Settings
from nucleate.suggestions import did_you_mean

LARGEST_BLOCK = 128 * 2**20
ROWS_PER_BLOCK = 512
# Measured on runs of digits and photos; estimates for people, not bounds.
THUMBNAIL_BYTES = 3_000
RESULT_BYTES = 100
TASK_BYTES = 25_000
TRAINING_SPLIT = "train"


@dataclass(frozen=True)
class Plan:
    """What a probe will do.

    Attributes
    ----------
    layers : tuple of Layer
        Chosen layers in execution order.
    widths : tuple of int
        Columns kept of each.
    depths : tuple of float
        Place in the network: 0 at the input, 1 at the output.
    split : str
        The split that is clustered.
    rows : (n,) int64
        Its rows.
    training_rows : (m,) int64 or None
        Rows of the split `train`, for linear probes.
    within, recover : str or None
        Superclass and subclass level; `recover` is None for unlabelled samples, `within` when all samples form one.
    references : tuple of str
        Layers with which every other is compared.
    searched_k : int
        Neighbours searched for, from which all smaller numbers are taken.
    block_rows : int
        Rows per block of activations.
    holding : Holding or None
        Where activations are not kept: what has to be held, in memory or on disk, until it has been analysed.
    passes : tuple of Pass
        Where activations are not kept: how often samples go through the network, and for which layers.
    disk, memory : int
        Bytes the run folder will take, and bytes of working memory beside the network itself.
    """

    layers: tuple[Layer, ...]
    widths: tuple[int, ...]
    depths: tuple[float, ...]
    split: str
    rows: np.ndarray
    training_rows: np.ndarray | None
    within: str | None
    recover: str | None
    references: tuple[str, ...]
    searched_k: int
    block_rows: int
    disk: int
    memory: int
    holding: Holding | None = None
    passes: tuple[Pass, ...] = ()

    @property
    def blocks(self) -> list[int]:
        """The blocks that hold at least one row that is needed, ascending."""
        needed = self.rows if self.training_rows is None else np.union1d(self.rows, self.training_rows)
        return [int(block) for block in np.unique(needed // self.block_rows)]

    @property
    def stores_in_passes(self) -> bool:
        """Whether rows are stored, analysed and let go, a few layers at a time."""
        return isinstance(self.holding, Storing)

    def sketch_of(self, layer: Layer, request: Settings) -> Sketch | None:
        """How neighbours at a layer are found among candidates; None where all samples are searched."""
        if request.candidates == "exact":
            return None
        return sketch_for(self.widths[self.layers.index(layer)], len(self.rows), self.searched_k, seed=request.seed)

    def only(self, layer: Layer) -> Plan:
        """The same for one layer, which is compared with no other."""
        place = self.layers.index(layer)
        return replace(self, layers=(layer,), widths=(self.widths[place],), depths=(self.depths[place],), references=())


def make_plan(
    network: Network, samples: Samples, request: Settings, input_shape: tuple[int, ...], *, free: Room
) -> Plan:
    """Resolve a request against a network and samples; passes are planned for what is free.

    Raises
    ------
    UsageError
        When a layer, level or split is unknown, or k is not below the number of samples.
    """
    listed = layers(network, input_shape)
    chosen = tuple(select(listed, list(request.layers)))
    widths = tuple(pooled_width(layer, request.pool) for layer in chosen)
    split = request.split or samples.evaluation_split()
    rows = samples.rows(split)
    within, recover = resolve_levels(samples, request)
    references = _references(request, [layer.name for layer in chosen])
    searched_k = _searched_k(samples, request, rows, recover)
    if searched_k >= len(rows):
        raise UsageError(
            f"k = {searched_k} neighbours were asked for, the split {split!r} has {len(rows)} samples",
            f"Choose k of at most {len(rows) - 1}",
        )
    if "cka" in request.measures and not references and chosen[-1].name != "output":
        raise UsageError("CKA compares with the output, which is not among the layers", "Add output to --layers")
    batch = request.rows_per_batch
    block_rows = batch * max(1, min(ROWS_PER_BLOCK // batch, LARGEST_BLOCK // (4 * sum(widths) * batch)))
    training_rows = _training_rows(samples, request, split, recover)
    everything = rows if training_rows is None else np.union1d(rows, training_rows)
    blocks = len(np.unique(everything // block_rows))
    extracted = min(blocks * block_rows, len(samples))
    largest_group = _largest_group(samples, rows, within)
    widths_by_name = {layer.name: width for layer, width in zip(chosen, widths, strict=True)}
    fitted = 0 if training_rows is None else len(training_rows)
    memory = {
        name: analysis_memory(request, len(rows), fitted, columns=width, group=largest_group, k=searched_k)
        for name, width in widths_by_name.items()
    }
    # Neighbours, trees, clusters, peaks and overlaps of each sample at each layer; its thumbnail; each task's tables.
    results = 12 * searched_k + 4 * len(request.factors) * len(request.algorithms) + RESULT_BYTES
    results = round(results * (1 + sum(request.subsample)))
    stays = extracted * THUMBNAIL_BYTES + len(chosen) * (len(rows) * results + TASK_BYTES)
    holding: Holding | None = None
    passes: tuple[Pass, ...] = ()
    if request.keep_activations:
        stays += extracted * 4 * sum(widths)
    else:
        groups = {} if recover is None else _groups(samples, rows, within)
        storing = Storing({ALL_SAMPLES: rows}, widths_by_name, block_rows, stored_rows=extracted, analysis=memory)
        holding, passes = passing(request, groups, storing, free=Room(free.memory, free.disk - stays))
        stays += holding.kept_bytes
    # A block lives twice (arrays, file bytes).
    held = [one.takes.memory for one in passes] or [2 * block_rows * sum(widths) * 4, *memory.values()]
    return Plan(
        layers=chosen,
        widths=widths,
        depths=tuple(layer.order / max(1, listed[-1].order) for layer in chosen),
        split=split,
        rows=rows,
        training_rows=training_rows,
        within=within,
        recover=recover,
        references=references,
        searched_k=searched_k,
        block_rows=block_rows,
        disk=stays + max((one.takes.disk for one in passes), default=0),
        memory=max(held),
        holding=holding,
        passes=passes,
    )


def _groups(samples: Samples, rows: np.ndarray, within: str | None) -> dict[str, np.ndarray]:
    """Superclass -> its rows."""
    if within is None:
        return {ALL_SAMPLES: rows}
    groups = samples.labels(within, rows)
    return {str(group): rows[groups == group] for group in np.unique(groups)}


def _references(request: Settings, names: list[str]) -> tuple[str, ...]:
    """Names of the probed layers that the request means."""
    found: set[str] = set()
    for pattern in request.references:
        matching = [name for name in names if pattern in ("all", name)] or fnmatch.filter(names, pattern)
        if not matching:
            raise UsageError(f"No probed layer matches the reference {pattern!r}", did_you_mean(pattern, names))
        found.update(matching)
    return tuple(name for name in names if name in found)


def _searched_k(samples: Samples, request: Settings, rows: np.ndarray, recover: str | None) -> int:
    """The largest number of neighbours that anything asks for."""
    if set(request.measures) <= WITHOUT_NEIGHBORS:
        return 0
    most = max(request.k, *request.more_k, 0)
    if request.class_fraction is None:
        return most
    if recover is None:
        raise UsageError(
            f"A share of each class was asked for as k, {samples.name} has no labels", "Leave class_fraction out"
        )
    largest = int(np.unique(samples.labels(recover, rows), return_counts=True)[1].max())
    return max(most, round(request.class_fraction * largest))


def resolve_levels(samples: Samples, request: Settings) -> tuple[str | None, str | None]:
    """The superclass and the subclass level of a request: by default the two lowest there are."""
    if samples.hierarchy is None:
        if request.within or request.recover:
            raise UsageError(
                f"{samples.name} is unlabelled, so there is no level {request.within or request.recover!r}",
                "Leave within and recover out, or give labels",
            )
        return None, None
    levels = samples.levels
    recover = levels[samples.hierarchy.level(request.recover)] if request.recover else levels[-1]
    place = levels.index(recover)
    if request.within is None:
        return (levels[place - 1] if place > 0 else None), recover
    within = levels[samples.hierarchy.level(request.within)]
    if levels.index(within) >= place:
        raise UsageError(
            f"within={within!r} does not lie above recover={recover!r}", f"Levels are {' > '.join(levels)}"
        )
    return within, recover


def _training_rows(samples: Samples, request: Settings, split: str, recover: str | None) -> np.ndarray | None:
    if "linear_probe" not in request.measures:
        return None
    if recover is None:
        raise UsageError(f"A linear probe needs labels, {samples.name} has none", "Leave linear_probe out of measures")
    if TRAINING_SPLIT not in samples.split_sizes or split == TRAINING_SPLIT:
        known = ", ".join(samples.split_sizes)
        raise UsageError(
            f"A linear probe fits on the split {TRAINING_SPLIT!r} and counts on another; the splits here are {known}, "
            f"and {split!r} is measured",
            "Lay the images out under train/ and val/, or leave linear_probe out of measures",
        )
    return samples.rows(TRAINING_SPLIT)


def _largest_group(samples: Samples, rows: np.ndarray, within: str | None) -> int:
    if samples.hierarchy is None or within is None:
        return len(rows)
    return int(np.unique(samples.labels(within, rows), return_counts=True)[1].max())
