"""Work shared among threads that never wait for one another."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def in_threads(task: Callable[[int, int], Result], edges: Sequence[int]) -> list[Result]:
    """Results of `task(start, stop)` for each stretch between two edges, in order; tasks must release the GIL."""
    workers = min(len(edges) - 1, os.cpu_count() or 1)
    if workers == 1:
        return list(map(task, edges[:-1], edges[1:]))
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(task, edges[:-1], edges[1:]))
