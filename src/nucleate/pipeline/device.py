"""Where the network runs, and in which precision it can run there."""

from __future__ import annotations

import torch

from nucleate.errors import UsageError
from nucleate.pipeline.settings import Settings


def choose_device(request: Settings) -> str:
    """The device of a request; `auto` prefers CUDA, then MPS.

    Raises
    ------
    UsageError
        When this machine does not have the device, or the device is not for the precision.
    """
    device = best_device() if request.device == "auto" else request.device
    try:
        torch.empty(1, device=device)
    except Exception as error:  # torch raises many kinds for a device it does not have
        raise UsageError(f"This machine cannot use the device {device!r}", "Choose cpu or auto") from error
    if request.dtype != "float32" and not device.startswith("cuda"):
        raise UsageError(
            f"dtype={request.dtype!r} is for CUDA, and the network would run on {device}, where it gains nothing",
            "Leave it out",
        )
    return device


def best_device() -> str:
    """The fastest kind of device this machine has."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
