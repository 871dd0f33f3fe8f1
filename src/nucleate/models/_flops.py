"""How much arithmetic a forward pass takes, counted without doing it."""

from __future__ import annotations

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from nucleate.errors import ModelError, first_line
from nucleate.models._network import Network, as_network


def forward_flops(network: Network | nn.Module, input_shape: tuple[int, ...] | None = None) -> int:
    """Floating-point operations of one sample's forward pass: two for each product that is added to a sum.

    Convolutions, matrix products and attention count; what is done number by number (normalisation, ReLU, pooling) does
    not, as is usual where such counts are published. Those are often given in multiply-accumulates: half of ours.

    Parameters
    ----------
    network : Network or torch.nn.Module
    input_shape : tuple of int, optional
        Shape of one input; needed where the network does not know it.

    Raises
    ------
    ModelError
        When the shape is unknown, or forward cannot run on it without numbers.

    Notes
    -----
    Nothing is computed and nothing is copied: forward runs on tensors that have shapes and no content (torch's device
    "meta"), where the network itself may lie, too. Takes well below a second for ResNet-152.

    Examples
    --------
    >>> forward_flops(nn.Linear(1000, 10), (1000,))
    20000
    """
    network = as_network(network)
    shape = input_shape or network.input_shape
    if shape is None:
        raise ModelError(f"The input shape of {network.name} is unknown", "Pass input_shape=(channels, height, width)")
    batch = torch.empty((1, *shape), dtype=network.input_dtype, device="meta")
    feed = network.preprocessing.feed(batch) if network.reads_text else None  # type: ignore[union-attr]
    empty = {name: torch.empty_like(tensor, device="meta") for name, tensor in network.module.named_buffers()}
    for name, tensor in network.module.named_parameters():
        empty[name] = torch.empty_like(tensor, device="meta").requires_grad_(tensor.is_floating_point())
    # Gradients are on, so that attention takes no short cut that is not counted.
    with network.evaluating(), torch.enable_grad(), FlopCounterMode(display=False) as counter:
        try:
            functional_call(network.module, empty, () if feed else (batch,), feed)
        except Exception as error:  # whatever a stranger's forward may raise
            raise ModelError(
                f"The arithmetic of {network.name} on an input of shape {tuple(shape)} cannot be counted: "
                f"{first_line(error)}",
                "Pass the input_shape it was built for",
            ) from error
    return counter.get_total_flops()
