"""What this machine has: memory and devices."""

from __future__ import annotations

import os
from pathlib import Path


def available_memory() -> int:
    """Bytes of memory that can be taken without swapping, as far as the system tells."""
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
        return 2**63


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
