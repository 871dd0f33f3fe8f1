"""What --model, --data and --hierarchy name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from nucleate import data, models
from nucleate.data import Samples
from nucleate.errors import UsageError
from nucleate.labels import Hierarchy
from nucleate.models import Network

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {".csv": pl.read_csv, ".parquet": pl.read_parquet}


def load_samples(source: str, hierarchy: str | None) -> Samples:
    """The samples of `--data`, labelled by `--hierarchy`."""
    if source == "digits" and not Path(source).exists():
        return data.digits(hierarchy=load_hierarchy(hierarchy) if hierarchy else None)
    return data.from_folder(source, hierarchy=load_hierarchy(hierarchy) if hierarchy else None)


def load_hierarchy(name: str) -> Hierarchy:
    """A BREEDS hierarchy by name, or a table with one column per level."""
    path = Path(name)
    if path.suffix.lower() not in READERS:
        return Hierarchy.breeds(name)
    if not path.is_file():
        raise UsageError(f"The hierarchy table {path} does not exist", "Give a CSV or Parquet file, or a BREEDS name")
    try:
        table = READERS[path.suffix.lower()](path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UsageError(f"The hierarchy table {path} cannot be read: {error}", "") from error
    return Hierarchy.from_table(table.cast(pl.String), levels=table.columns)


def load_network(model: str, *, checkpoint: Path | None, random_weights: bool) -> Network:
    """The network of `--model`, with the weights that were asked for."""
    return models.load(model, checkpoint=checkpoint, pretrained=not random_weights)
