"""What --model, --data and --hierarchy name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nucleate import data, models
from nucleate.cli.actions._data_sets import OPTIONS, is_data_set, load_data_set, read_options
from nucleate.data import Samples
from nucleate.data.readers import READERS
from nucleate.errors import UsageError
from nucleate.labels import Hierarchy
from nucleate.models import Network
from nucleate.suggestions import did_you_mean

HUB = "hf:"
HUB_OPTIONS = ("subset", "split")


@dataclass(frozen=True)
class Columns:
    """What the columns of a table or hub data set are, as far as the flags say."""

    path: str | None = None
    text: str | None = None
    levels: tuple[str, ...] = ()
    split: str | None = None

    def refuse(self, source: str, **flags: str | None) -> None:
        """Refuse flags that mean nothing for a kind of data."""
        for flag, value in flags.items():
            if value is not None:
                raise UsageError(f"--{flag.replace('_', '-')} says nothing about {source}", "Leave it out")


def load_samples(source: str, hierarchy: str | None, columns: Columns, *, shuffle: int | None = None) -> Samples:
    """The samples of `--data`, labelled by `--hierarchy` or by columns, leaves dealt anew by the seed `--shuffle`."""
    samples = read_samples(source, load_hierarchy(hierarchy) if hierarchy else None, columns)
    if shuffle is None:
        return samples
    if samples.hierarchy is None:
        raise UsageError(f"{samples.name} has no labels to shuffle", "Leave out --shuffle")
    from nucleate.training import relabelled

    return relabelled(samples, samples.hierarchy.shuffled(shuffle))


def read_samples(source: str, tree: Hierarchy | None, columns: Columns) -> Samples:
    """The samples of `--data` under a hierarchy."""
    path = Path(source)
    if source.startswith(HUB):
        columns.refuse("hub data, which has splits of its own", split_column=columns.split)
        name, options = hub_options(source.removeprefix(HUB))
        return data.from_hub(
            name,
            subset=options.get("subset"),
            split=options.get("split"),
            image_column=columns.path,
            text_column=columns.text,
            levels=columns.levels,
            hierarchy=tree,
        )
    if path.suffix.lower() in READERS and not path.is_dir():
        return data.from_table(
            path,
            path_column=columns.path,
            text_column=columns.text,
            levels=columns.levels,
            split_column=columns.split,
            hierarchy=tree,
        )
    columns.refuse(source, path_column=columns.path, text_column=columns.text, split_column=columns.split)
    if is_data_set(source):
        if not source.startswith("modmnist:"):  # its digits may be of any kind
            columns.refuse(source, levels=",".join(columns.levels) or None)
        return load_data_set(source, tree, lambda inner, labels: read_samples(inner, labels, columns))
    refuse_unknown_kind(source)
    if source == "digits" and not path.exists():
        return data.digits(hierarchy=tree)
    return data.from_folder(source, hierarchy=tree, levels=columns.levels or None)


def hub_options(text: str) -> tuple[str, dict[str, str]]:
    """The data set and the options of `hf:NAME?subset=NAME&split=NAME`."""
    if Path(text).exists():  # whatever its name holds
        return text, {}
    name, options = read_options("hf", text)
    for option in options:
        if option not in HUB_OPTIONS:
            raise UsageError(f"hf: data have no option {option!r}", did_you_mean(option, HUB_OPTIONS))
    return name, options


def refuse_unknown_kind(source: str) -> None:
    """Refuse a prefix that stands for nothing; a drive's letter is none."""
    kind, colon, rest = source.partition(":")
    if colon and len(kind) > 1 and kind.isalnum() and not Path(source).exists():
        known = ["hf", *OPTIONS]
        mend = f"For the Hugging Face hub write hf:{rest}" if kind in ("hub", "datasets") else did_you_mean(kind, known)
        raise UsageError(f"There is no kind of data set {kind!r}", mend)


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
