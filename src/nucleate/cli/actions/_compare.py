"""What `nucleate compare` prints and writes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nucleate.errors import UsageError
from nucleate.storage import encode_parquet, write_bytes


def tell_agreement(table: pl.DataFrame, out: Path | None) -> None:
    """Print the agreement of layers of the same name, and write every pair of layers to `out`."""
    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise UsageError(f"--out {out} is neither CSV nor Parquet", "Let it end in .csv or .parquet")
    same = table.filter(pl.col("layer") == pl.col("other_layer"))
    columns = ("run", "with", "layer", "ARI", "95 % interval", "superclasses")
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in same.iter_rows(named=True):
        interval = "" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
        value = "" if row["ari"] is None else f"{row['ari']:.3f}"
        cells = (row["run"], row["other_run"], row["layer"], value, interval, str(row["n"]))
        shown.add_row(*(Text(cell) for cell in cells))
    console = Console()
    if same.is_empty():
        console.print("The runs have no layer of the same name.", highlight=False)
    else:
        console.print(shown)
    if out is not None:
        write_bytes(out, table.write_csv().encode() if out.suffix == ".csv" else encode_parquet(table))
        print(f"{table.height} pairs of layers: {out.resolve()}")
