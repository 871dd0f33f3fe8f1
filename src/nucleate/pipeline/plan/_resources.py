"""What a request needs of the machine, in how many passes, and whether there is as much."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nucleate.errors import UsageError
from nucleate.machine import available_memory
from nucleate.pipeline.plan._passes import Holding, Pass, Room, Storing
from nucleate.pipeline.plan._sketching import sketch_for
from nucleate.pipeline.request import Settings

if TYPE_CHECKING:
    from nucleate.pipeline.plan._plan import Plan

SEARCHED_ROWS, SEARCHED_BYTES = 1536, 2**25  # of a block of a neighbour search, at most
HELD_BYTES = 256 * 2**20  # of a layer that is searched for neighbours; what is larger is read block by block
WITHOUT_NEIGHBORS = {"clusters", "linear_probe"}
"""Measures for which no neighbours are searched."""


def analysis_memory(request: Settings, rows: int, fitted: int, *, columns: int, group: int, k: int) -> int:
    """Bytes that the hungriest analysis of a layer takes."""
    row = 4 * columns
    # A neighbour search reads what is large a few blocks at a time, and keeps lists a little longer than k; each
    # thread has two blocks of rows and the tile of their products.
    block = min(rows, SEARCHED_ROWS)
    threads = (os.cpu_count() or 1) * (2 * min(block * row, SEARCHED_BYTES) + 4 * block**2)
    search = min(rows * row, HELD_BYTES) + rows * k * 40 + threads
    sketch = None if request.candidates == "exact" else sketch_for(columns, rows, k, seed=request.seed)
    if sketch is not None:  # sketches, candidates as pairs with their distances, some columns of all rows
        search += rows * (4 * sketch.columns + 64 * sketch.candidates) + max(2**28, 4096 * rows)
    # A layer is held, centred, beside tiles and a distance matrix.
    whole = (2 * rows + 3 * fitted) * row + 2**26 + group**2 * 8
    asked = set(request.measures)
    needs = [search] if asked - WITHOUT_NEIGHBORS else []
    needs += [whole] if asked & {"clusters", "linear_probe", "scale_profile"} else []
    needs += [3 * min(rows, request.cka_samples) * row + 2**26] if "cka" in asked else []
    return max(needs)


def passing(
    request: Settings, groups: Mapping[str, np.ndarray], storing: Storing, *, free: Room
) -> tuple[Holding, tuple[Pass, ...]]:
    """What is held where activations are not kept, and the passes.

    Clusters alone need one superclass at a time, held in memory. All else needs the rows of whole layers: `storing`
    says of which. They lie on disk, where a kill does not lose them, unless memory saves passes.

    Raises
    ------
    UsageError
        For a measure that needs what does not come by together.
    """
    if set(request.measures) == {"clusters"}:
        if "kmeans" in request.algorithms:
            raise UsageError("k-means needs activations, which are not kept", "Leave kmeans out of algorithms=...")
        if not groups:
            raise UsageError("The samples are unlabelled, so no clusters are measured", "Give labels")
        holding = Holding(groups, storing.widths, storing.block_rows)
        return holding, holding.passes(free)
    if "cka" in request.measures:
        raise UsageError("CKA reads two layers at once, so it needs activations", "Leave cka out, or keep activations")
    planned = [(kind, kind.passes(free)) for kind in (storing, replace(storing, where="memory"))]
    possible = [plan for plan in planned if all(free.holds(one.takes) for one in plan[1])]
    return min(possible, key=lambda plan: len(plan[1]), default=planned[0])


def planned_room(request: Settings, out: Path) -> Room:
    """What passes are planned for: what may be used, or most of what is free, which changes all the time."""
    free = free_room(request, out)
    return Room(
        free.memory if request.memory else free.memory * 4 // 5, free.disk if request.disk else free.disk * 4 // 5
    )


def free_room(request: Settings, out: Path) -> Room:
    """What may be used; where the request does not say, what is free."""
    home = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    return Room(
        memory=int(request.memory * 2**30) if request.memory else available_memory(),
        disk=int(request.disk * 2**30) if request.disk else shutil.disk_usage(home).free + _taken(out),
    )


def check_resources(plan: Plan, request: Settings, out: Path) -> None:
    """Refuse what cannot fit.

    Raises
    ------
    UsageError
        With what is needed, what there is, and what would make it fit.
    """
    free = free_room(request, out)
    widest = max(zip(plan.widths, plan.layers, strict=True), key=lambda pair: pair[0])
    advice = f"Choose fewer layers with --layers (the widest is {widest[1].name}, {widest[0]:,} columns) or --pool mean"
    if plan.stores_in_passes:
        rows = f"{len(plan.rows):,} rows of {widest[1].name} ({widest[0]:,} columns)"
        more = "disk" if plan.disk > free.disk else "memory"
        advice = f"All {rows} have to lie on disk or in memory at once: give more --{more}, or choose --pool mean"
    elif plan.holding is None and request.pool == "none":
        advice += ", or do not keep activations (--no-keep-activations)"
    if plan.disk > free.disk:
        raise UsageError(
            f"The run folder would take {gigabytes(plan.disk)}, {gigabytes(free.disk)} may be used", advice
        )
    if plan.memory > free.memory:
        raise UsageError(f"The run would take {gigabytes(plan.memory)} of memory beside the network, "
                         f"{gigabytes(free.memory)} may be used", advice)  # fmt: skip


def _taken(folder: Path) -> int:
    """Bytes that an earlier run has put into the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def gigabytes(size: int) -> str:
    """A size for people."""
    if size < 2**20:
        return f"{max(1, size >> 10)} KB"
    return f"{size / 2**20:.0f} MB" if size < 2**30 else f"{size / 2**30:.1f} GB"
