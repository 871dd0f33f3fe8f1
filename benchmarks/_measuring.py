"""What one call takes: seconds and peak memory, in a process of its own; and samples with the structure of layers."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MEGABYTE = 2**20


def seconds(call: Callable[[], object]) -> float:
    """One timed call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def mixture(n: int, columns: int, *, latent: int = 64, seed: int = 0) -> np.ndarray:
    """A hundred clusters in a few dimensions of falling variance, as layers have them, and a little noise."""
    rng = np.random.default_rng(seed)
    centers = 1.5 * rng.standard_normal((100, latent), dtype=np.float32)
    points = centers[rng.integers(0, 100, n)]
    points += rng.standard_normal((n, latent), dtype=np.float32)
    falling = np.arange(1, latent + 1, dtype=np.float32)[:, None] ** -0.5
    X = points @ (falling * rng.standard_normal((latent, columns), dtype=np.float32))
    return X + 0.1 * rng.standard_normal((n, columns), dtype=np.float32)


def apart(
    prepare: Callable[..., Any], call: Callable[[Any], object], *arguments: object, first: tuple[object, ...]
) -> tuple[float, float]:
    """Seconds and megabytes, beyond its input, libraries and compiled code, of `call(prepare(*arguments))`.

    Both functions must be importable by name. A call on `prepare(*first)` loads and compiles everything before.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_measure, args=(sender, prepare, call, arguments, first))
    child.start()
    sender.close()
    try:
        taken, megabytes = receiver.recv()
        return taken, megabytes
    finally:
        child.join()


def _measure(
    sender: Any, prepare: Callable[..., Any], call: Callable[[Any], object], arguments: tuple[Any, ...],
    first: tuple[Any, ...],
) -> None:  # fmt: skip
    call(prepare(*first))
    given = prepare(*arguments)
    before, start = resident_peak(anew=True), time.perf_counter()
    result = call(given)
    sender.send((time.perf_counter() - start, max(0.0, resident_peak() - before) / MEGABYTE))
    del result


def resident_peak(*, anew: bool = False) -> int:
    """Highest resident memory of this process so far, in bytes; `anew` begins with what it holds now, on Linux."""
    status = Path("/proc/self/status")
    if status.exists():  # the resource module would count what the parent held before this process began
        if anew:
            Path("/proc/self/clear_refs").write_text("5")
        return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
