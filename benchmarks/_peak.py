"""Peak memory of one call, measured in a process of its own."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEGABYTE = 2**20


def peak_megabytes(prepare: Callable[..., Any], call: Callable[[Any], object], *arguments: object) -> float:
    """What `call(prepare(*arguments))` needs beyond its input, libraries and compiled code, in MB.

    Both functions must be importable by name. A first call on the first 50 rows loads and compiles everything.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_measure, args=(sender, prepare, call, arguments))
    child.start()
    sender.close()
    try:
        return float(receiver.recv())
    finally:
        child.join()


def _measure(
    sender: Any, prepare: Callable[..., Any], call: Callable[[Any], object], arguments: tuple[Any, ...]
) -> None:
    X = prepare(*arguments)
    call(X[:50])
    before = resident_peak(anew=True)
    result = call(X)
    sender.send((resident_peak() - before) / MEGABYTE)
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
