"""What a plan will take, told before anything runs."""

from __future__ import annotations

import time

import numpy as np

from nucleate.pipeline.plan._passes import Storing
from nucleate.pipeline.plan._plan import Plan
from nucleate.pipeline.plan._resources import WITHOUT_NEIGHBORS, gigabytes
from nucleate.pipeline.request import Settings
from nucleate.pipeline.tasks import duration

_WORTH_TELLING = 20.0  # seconds
_SIDE, _COLUMNS = 768, 4096
PLACES = {"disk": "on disk", "memory": "in memory"}


def told_needs(plan: Plan, request: Settings) -> list[str]:
    """Disk, memory, passes, and the time of what can be foreseen, for people."""
    lines = [f"about {gigabytes(plan.disk)} of disk and {gigabytes(plan.memory)} of memory beside the network"]
    if plan.holding is not None:
        lines.append(_told_passes(plan))
    pairs = _products(plan, request)
    # At the fastest that any machine does: without even asking this one.
    if pairs > _WORTH_TELLING * 1e9:
        double = plan.holding is not None and not plan.stores_in_passes
        seconds = pairs / products_per_second(np.float64 if double else np.float32)
        if seconds > _WORTH_TELLING:
            what = "distances inside superclasses" if double else "neighbours"
            lines.append(f"{what}: at least {duration(seconds)} of products on this machine, beside the network")
    return lines


def products_per_second(dtype: type[np.floating]) -> float:
    """Multiply-adds in products of matrices that this machine does in a second, on all threads that NumPy uses."""
    left, right = np.ones((_SIDE, _COLUMNS), dtype), np.ones((_COLUMNS, _SIDE), dtype)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        left @ right
        seconds.append(time.perf_counter() - started)
    return _SIDE**2 * _COLUMNS / min(seconds)


def _products(plan: Plan, request: Settings) -> float:
    """Multiply-adds between pairs of rows, each pair once."""
    if plan.holding is not None and not plan.stores_in_passes:
        return plan.holding.products / 2
    if set(request.measures) <= WITHOUT_NEIGHBORS:
        return 0.0
    return len(plan.rows) ** 2 * sum(plan.widths) / 2


def _told_passes(plan: Plan) -> str:
    """How often samples go through the network, and where their rows are meanwhile."""
    assert plan.holding is not None, "activations are not kept"
    count = len(plan.passes)
    through = sum(len(plan.holding.blocks(one.groups)) for one in plan.passes) / len(plan.blocks)
    told = "activations are not kept; "
    if isinstance(plan.holding, Storing):
        largest = max(
            4 * plan.holding.stored_rows * sum(plan.holding.widths[n] for n in one.layers) for one in plan.passes
        )
        told = (
            f"activations are not kept, up to {gigabytes(largest)} of rows lie {PLACES[plan.holding.where]} at a time; "
        )
    if count == 1:
        return f"{told}one pass over the samples"
    return f"{told}{count} passes, each sample goes {through:.1f} times through the network"
