"""`nucleate layers`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from nucleate.cli._flags import Checkpoint, Model, how, names, numbers, what


def layers(
    *,
    model: Model,
    checkpoint: Checkpoint = None,
    input_shape: Annotated[str | None, Parameter(group=what)] = None,
    choose: Annotated[str, Parameter(group=how)] = "blocks",
    every: Annotated[bool, Parameter(name=["--all", "-a"], negative="", group=how)] = False,
) -> None:
    """List the layers of a network that can be probed, in the order in which they run.

    Parameters
    ----------
    model
        timm:NAME, torchvision:NAME, hf:NAME or hf:FOLDER, one of our networks, a nucleate checkpoint file, or
        package.module:factory.
    checkpoint
        File with the network's weights.
    input_shape
        Shape of one input, like 1x8x8, for networks that do not know it.
    choose
        Names and globs separated by commas: what --layers of probe would choose.
    every
        List everything that can be tapped, marking what --choose takes.
    """
    from nucleate.cli.actions import load_network, print_layers

    # Shapes do not need trained weights.
    network = load_network(model, checkpoint=checkpoint, random_weights=True)
    shape = numbers("--input-shape", input_shape.replace("x", ",")) if input_shape else None
    print_layers(network, shape, choose=names(choose), every=every)
