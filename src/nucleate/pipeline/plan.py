"""Before anything runs: which layers, which rows, how much disk and memory, and whether that can be had."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nucleate.data import Samples
from nucleate.errors import UsageError
from nucleate.machine import available_memory
from nucleate.models import Layer, Network, layers, pooled_width, select
from nucleate.pipeline.passes import ALL_SAMPLES, Holding, Pass
from nucleate.pipeline.settings import Settings
from nucleate.suggestions import did_you_mean

LARGEST_BLOCK = 128 * 2**20
SEARCHED_ROWS, SEARCHED_BYTES = 1536, 2**25  # of a block of a neighbour search, at most
HELD_BYTES = 256 * 2**20  # of a layer that is searched for neighbours; what is larger is read block by block
ROWS_PER_BLOCK = 512
# Measured on runs of digits and photos; estimates for people, not bounds.
THUMBNAIL_BYTES = 3_000
RESULT_BYTES = 100
TASK_BYTES = 25_000
TRAINING_SPLIT = "train"
WITHOUT_NEIGHBORS = {"clusters", "linear_probe"}
"""Measures for which no neighbours are searched."""


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
        Where activations are not kept: what has to be held in memory instead.
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


def make_plan(network: Network, samples: Samples, request: Settings, input_shape: tuple[int, ...]) -> Plan:
    """Resolve a request against a network and samples.

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
    holding = _holding(samples, request, rows, chosen, widths, within, recover, block_rows)
    passes = holding.passes(_room(request)) if holding else ()
    # Neighbours, trees, clusters, peaks and overlaps of each sample at each layer; its thumbnail; each task's tables.
    results = 12 * searched_k + 4 * len(request.factors) * len(request.algorithms) + RESULT_BYTES
    results = round(results * (1 + sum(request.subsample)))
    kept = extracted * 4 * sum(widths) if holding is None else len(chosen) * holding.pair_bytes
    stored = kept + extracted * THUMBNAIL_BYTES + len(chosen) * (len(rows) * results + TASK_BYTES)
    fitted = 0 if training_rows is None else len(training_rows)
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
        disk=stored,
        # A block lives twice (arrays, file bytes).
        memory=max(one.memory for one in passes)
        if passes
        else max(
            2 * block_rows * sum(widths) * 4,
            _analysis_memory(request, len(rows), fitted, columns=max(widths), group=largest_group, k=searched_k),
        ),
        holding=holding,
        passes=passes,
    )


def _room(request: Settings) -> int:
    """Bytes for which passes are planned: what may be used, or most of what is free, which changes all the time."""
    return int(request.memory * 2**30) if request.memory else available_memory() * 4 // 5


def _holding(
    samples: Samples, request: Settings, rows: np.ndarray, chosen: Sequence[Layer], widths: Sequence[int],
    within: str | None, recover: str | None, block_rows: int,
) -> Holding | None:  # fmt: skip
    """What has to be held where activations are not kept.

    Raises
    ------
    UsageError
        When something else than linkages inside labelled superclasses is asked for.
    """
    if request.keep_activations:
        return None
    others = [name for name in request.measures if name != "clusters"]
    if others:
        raise UsageError(
            f"Without activations only clusters can be measured, not {', '.join(others)}",
            "Ask with measures=clusters, or keep activations",
        )
    if "kmeans" in request.algorithms:
        raise UsageError("k-means needs activations, which are not kept", "Leave kmeans out of algorithms=...")
    if recover is None:
        raise UsageError(f"{samples.name} is unlabelled, so no clusters are measured", "Give labels")
    widths_by_name = {layer.name: width for layer, width in zip(chosen, widths, strict=True)}
    if within is None:
        return Holding({ALL_SAMPLES: rows}, widths_by_name, block_rows)
    groups = samples.labels(within, rows)
    return Holding({str(group): rows[groups == group] for group in np.unique(groups)}, widths_by_name, block_rows)


def _analysis_memory(request: Settings, rows: int, fitted: int, *, columns: int, group: int, k: int) -> int:
    """Bytes that the hungriest analysis of the widest layer takes."""
    row = 4 * columns
    # A neighbour search reads what is large a few blocks at a time, and keeps lists a little longer than k; each
    # thread has two blocks of rows and the tile of their products.
    block = min(rows, SEARCHED_ROWS)
    threads = (os.cpu_count() or 1) * (2 * min(block * row, SEARCHED_BYTES) + 4 * block**2)
    search = min(rows * row, HELD_BYTES) + rows * k * 40 + threads
    # A layer is held, centred, beside tiles and a distance matrix.
    whole = (2 * rows + 3 * fitted) * row + 2**26 + group**2 * 8
    asked = set(request.measures)
    needs = [search] if asked - WITHOUT_NEIGHBORS else []
    needs += [whole] if asked & {"clusters", "linear_probe", "scale_profile"} else []
    needs += [3 * min(rows, request.cka_samples) * row + 2**26] if "cka" in asked else []
    return max(needs)


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


def check_resources(plan: Plan, request: Settings, out: Path) -> None:
    """Refuse what cannot fit.

    Raises
    ------
    UsageError
        With what is needed, what there is, and what would make it fit.
    """
    home = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    free_disk = int(request.disk * 2**30) if request.disk else shutil.disk_usage(home).free + _taken(out)
    free_memory = int(request.memory * 2**30) if request.memory else available_memory()
    widest = max(zip(plan.widths, plan.layers, strict=True), key=lambda pair: pair[0])
    advice = f"Choose fewer layers with --layers (the widest is {widest[1].name}, {widest[0]:,} columns) or --pool mean"
    if plan.disk > free_disk:
        raise UsageError(
            f"The run folder would take {gigabytes(plan.disk)}, {gigabytes(free_disk)} may be used", advice
        )
    if plan.memory > free_memory:
        raise UsageError(f"The run would take {gigabytes(plan.memory)} of memory beside the network, "
                         f"{gigabytes(free_memory)} may be used", advice)  # fmt: skip


def _taken(folder: Path) -> int:
    """Bytes that an earlier run has put into the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def gigabytes(size: int) -> str:
    """A size for people."""
    if size < 2**20:
        return f"{max(1, size >> 10)} KB"
    return f"{size / 2**20:.0f} MB" if size < 2**30 else f"{size / 2**30:.1f} GB"


def _largest_group(samples: Samples, rows: np.ndarray, within: str | None) -> int:
    if samples.hierarchy is None or within is None:
        return len(rows)
    return int(np.unique(samples.labels(within, rows), return_counts=True)[1].max())
