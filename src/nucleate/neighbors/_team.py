"""Threads that share the rows of an array."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from nucleate.neighbors._rows import Span


class Team:
    """Threads that share the rows of one call; compiled loops release the interpreter lock."""

    def __init__(self, pool: ThreadPoolExecutor, size: int) -> None:
        self.pool, self.size = pool, size

    def over_rows(self, kernel: Callable[..., None], by_row: tuple[np.ndarray, ...], *shared: Any) -> None:
        """Run `kernel(*rows of by_row, *shared)`, each thread on its part of the rows."""
        cuts = parts(len(by_row[0]), self.size)
        jobs = [self.pool.submit(kernel, *(array[a:b] for array in by_row), *shared) for a, b in cuts]
        for job in jobs:
            job.result()


def parts(size: int, count: int) -> list[Span]:
    """Cut range(size) into `count` nearly equal spans."""
    return list(pairwise(np.linspace(0, size, count + 1).astype(int).tolist()))
