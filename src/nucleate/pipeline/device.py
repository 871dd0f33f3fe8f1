"""Where the network runs."""

from __future__ import annotations

from nucleate import machine
from nucleate.pipeline.settings import Settings


def choose_device(request: Settings) -> str:
    """The device of a request; `auto` prefers CUDA, then MPS.

    Raises
    ------
    UsageError
        When this machine does not have the device, or the device is not for the precision.
    """
    return machine.choose_device(request.device, request.dtype)
