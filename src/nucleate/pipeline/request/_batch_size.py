"""How many rows go through the network at once, when that is left to us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from nucleate.activations import Layer, layers
from nucleate.machine import available_memory
from nucleate.models import Network
from nucleate.pipeline.request._settings import Settings

MOST_ON_CUDA, MOST_ELSEWHERE = 256, 32  # rows; beyond, a batch is no faster


def resolve_batch_size(
    request: Settings, found: dict[str, Any] | None, network: Network, device: str, input_shape: tuple[int, ...]
) -> Settings:
    """The request with a number for `auto`: that of the run folder, else the largest that fits.

    Free memory differs from one moment to the next, and bits depend on the batch size: once written to the run folder,
    the number stays.
    """
    if request.batch_size != "auto":
        return request
    earlier = (found or {}).get("request", {}).get("batch_size")
    if not isinstance(earlier, int):
        listed = layers(network, input_shape)
        if device.startswith("cuda"):
            earlier = largest_batch(listed, torch.cuda.mem_get_info(device)[0], MOST_ON_CUDA)
        else:
            free = int(request.memory * 2**30) if request.memory else available_memory()
            earlier = largest_batch(listed, free, MOST_ELSEWHERE)
    return request.model_copy(update={"batch_size": earlier})


def largest_batch(listed: Sequence[Layer], free: int, most: int) -> int:
    """The largest power of two whose outputs of all layers together, in float32, take half of the free bytes.

    Far from all of them live at the same time, so what a forward pass needs beside them has room.

    Examples
    --------
    >>> from torch import nn
    >>> listed = layers(nn.Sequential(nn.Linear(100, 400), nn.ReLU()), (100,))
    >>> [largest_batch(listed, free, 64) for free in (10**3, 10**5, 10**9)]
    [1, 8, 64]
    """
    bytes_per_row = 4 * sum(layer.width for layer in listed)
    rows = 1
    while 2 * rows <= most and 2 * rows * bytes_per_row <= free // 2:
        rows *= 2
    return rows
