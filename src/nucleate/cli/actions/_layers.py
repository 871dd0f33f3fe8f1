"""The table that `nucleate layers` prints."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nucleate.activations import layers as list_layers
from nucleate.activations import select
from nucleate.errors import printable
from nucleate.models import Network


def print_layers(
    network: Network, input_shape: tuple[int, ...] | None, *, choose: tuple[str, ...], every: bool
) -> None:
    """Print what can be tapped; chosen layers are marked."""
    listed = list_layers(network, input_shape)
    chosen = {layer.name for layer in select(listed, list(choose))}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, side in (("", "left"), ("order", "right"), ("layer", "left"), ("kind", "left"), ("shape", "left"),
                        ("width", "right")):  # fmt: skip
        # Long names are folded, so that no number is cut off.
        table.add_column(title, justify=side, no_wrap=title != "layer", overflow="fold")  # type: ignore[arg-type]
    for layer in (tap for one in listed for tap in (one.entering, one) if tap is not None):
        if layer.name in chosen or (every and not layer.name.endswith(":input")):
            mark = "*" if layer.name in chosen else ""
            shape = " x ".join(map(str, layer.shape))
            # Text, not str: names of layers are never markup.
            cells = (mark, str(layer.order), layer.name, layer.kind, shape, f"{layer.width:,}")
            table.add_row(*(Text(cell) for cell in cells))
    console = Console()
    console.print(table)
    console.print(f"{len(chosen)} of {len(listed)} layers chosen (*)", highlight=False)
    for note in network.notes:
        console.print(Text(printable(note)), soft_wrap=True)
