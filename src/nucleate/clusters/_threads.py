"""Work shared among threads that never wait for one another."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Result = TypeVar("Result")


def in_threads(task: Callable[[int, int], Result], edges: Sequence[int]) -> list[Result]:
    """Results of `task(start, stop)` for each stretch between two edges, in order; tasks must release the GIL."""
    stretches = len(edges) - 1
    waiting = iter(range(stretches))
    results: dict[int, Result] = {}

    def work() -> None:
        for place in waiting:  # advancing one iterator is atomic: every stretch is taken once
            results[place] = task(edges[place], edges[place + 1])

    helpers = min(stretches, os.cpu_count() or 1) - 1
    others = [_pool(os.getpid()).submit(work) for _ in range(helpers)]
    work()
    for other in others:
        if not other.cancel():  # one that never began has nothing left to do, and might wait for this very thread
            other.result()
    return [results[place] for place in range(stretches)]


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Threads that stay: starting them anew would take a tenth of a small group's time. A forked process has none of
    its parent's threads, so each has a pool of its own."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), thread_name_prefix="nucleate-clusters")
