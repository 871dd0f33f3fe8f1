"""What this machine has: memory, devices, and threads for products."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

UNLIMITED = 2**63


def available_memory() -> int:
    """Bytes of memory that can be taken without swapping, as far as the system and its control groups tell."""
    return min(_free_memory(), control_group_room())


def _free_memory() -> int:
    try:
        with Path("/proc/meminfo").open() as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return UNLIMITED


def control_group_room(mounted: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes this process may still take before its container's or batch job's limit, of version 1 or 2, kills it.

    The group's own limit counts and that of every group around it. Files in the page cache do not: they make room.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return UNLIMITED
    room = UNLIMITED
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, names = mounted, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            root = mounted / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        own = root / path.lstrip("/")
        # In a container the own group may be mounted in the place of the root.
        for group in (own, *own.parents) if own.is_dir() else (root,):
            room = min(room, _room_in(group, *names))
            if group == root:
                break
    return room


def _room_in(group: Path, limit: str, usage: str, reclaimable: str) -> int:
    """What one group's limit leaves."""
    try:
        most, taken = int((group / limit).read_text()), int((group / usage).read_text())
        counts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no such group, or "max"
        return UNLIMITED
    return max(0, most - max(0, taken - int(counts.get(reclaimable, 0))))


def choose_device(device: str, dtype: str = "float32") -> str:
    """The device of a request; `auto` prefers CUDA, then MPS.

    Raises
    ------
    UsageError
        When this machine does not have the device, or the device is not for the type.
    """
    import torch

    from nucleate.errors import UsageError

    chosen = best_device() if device == "auto" else device
    try:
        torch.empty(1, device=chosen)
    except Exception as error:  # torch raises many kinds for a device it does not have
        raise UsageError(f"This machine cannot use the device {chosen!r}", "Choose cpu or auto") from error
    if dtype != "float32" and not chosen.startswith("cuda"):
        raise UsageError(
            f"dtype={dtype!r} is for CUDA, and the network would run on {chosen}, where it gains nothing",
            "Leave it out",
        )
    return chosen


def best_device() -> str:
    """The fastest kind of device this machine has."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def one_thread_per_product() -> AbstractContextManager[Any]:
    """A context in which matrix products take one thread each, for tasks side by side: faster than sharing each."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="blas")
    return limits
