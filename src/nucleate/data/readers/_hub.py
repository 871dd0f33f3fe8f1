"""Samples from Hugging Face's datasets: by name, from the cache, or from a local folder of Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
from PIL import Image

from nucleate.data._columns import SPLITS, as_text, check_column, labels_of
from nucleate.data._decoding import UnreadableImage, decode_image
from nucleate.data._samples import Samples, sample_table
from nucleate.data._texts import TextSource
from nucleate.errors import DataError, first_line
from nucleate.labels import Hierarchy
from nucleate.storage import digest_bytes

AT_ONCE = 256  # images whose files are in memory while their digests are taken


@dataclass(frozen=True)
class HubImages:
    """Reads images from a dataset whose image column is not decoded."""

    dataset: Any
    column: str

    def read(self, row: int) -> Image.Image:
        """Decode the image of a row."""
        data = content(self.dataset[row][self.column])
        if data is None:
            raise UnreadableImage("the image is missing")
        return decode_image(data)

    @property
    def sha256(self) -> list[str]:
        """The digest of each image file; empty where one is missing."""
        return [digest for start in range(0, len(self.dataset), AT_ONCE) for digest in self._digests(start)]

    def _digests(self, start: int) -> Iterator[str]:
        for entry in self.dataset[start : start + AT_ONCE][self.column]:
            data = content(entry)
            yield "" if data is None else digest_bytes(data)


def content(entry: dict[str, Any] | None) -> bytes | None:
    """The bytes of an image, which lie in the table or in a file beside it."""
    if entry is None:
        return None
    if entry["bytes"] is not None:
        return bytes(entry["bytes"])
    try:
        return Path(entry["path"]).read_bytes() if entry["path"] else None
    except OSError:
        return None


def from_hub(
    name: str | Path,
    *,
    subset: str | None = None,
    split: str | None = None,
    image_column: str | None = None,
    text_column: str | None = None,
    levels: Sequence[str] = (),
    hierarchy: Hierarchy | None = None,
) -> Samples:
    """Samples from a data set of the Hugging Face hub, read with `datasets`.

    Parameters
    ----------
    name : str or path
        Its name on the hub, or a folder: of Parquet files, or one that `save_to_disk` wrote. A folder, or a data set in
        the cache, needs no connection.
    subset : str, optional
        Configuration, where the data set has several.
    split : str, optional
        The only split to take; default all of them, one after the other.
    image_column, text_column : str, optional
        The column of images, or the one of texts; default the only column of images.
    levels : sequence of str
        Columns of labels, broadest level first; none means unlabelled samples. Numbered classes get their names.
    hierarchy : Hierarchy, optional
        The tree whose leaves stand in the one column of `levels`.

    Raises
    ------
    DataError
        When `datasets` is missing, the data set cannot be read, a column is missing, or the samples are neither images
        nor texts.
    HierarchyError
        When a label is missing or the labels do not form a tree.

    Notes
    -----
    Reads every sample once, to take its sha256.
    """
    datasets = import_datasets()
    with quiet(datasets):
        parts = read_parts(datasets, str(name), subset, split)
        features = next(iter(parts.values())).features
        chosen = choose_column(features, image_column, text_column, str(name))
        for level in levels:
            check_column(level, list(features), str(name))
        parts = {part: rows.select_columns(list(dict.fromkeys([chosen, *levels]))) for part, rows in parts.items()}
        if type(features[chosen]).__name__ == "Image":
            parts = {part: rows.cast_column(chosen, datasets.Image(decode=False)) for part, rows in parts.items()}
        whole = datasets.concatenate_datasets(list(parts.values()))
    table = as_text(pl.DataFrame({level: class_names(whole, level) for level in levels}), levels, str(name))
    tree, leaves = labels_of(table, levels, hierarchy)
    ids = [f"{part}-{row}" for part, rows in parts.items() for row in range(len(rows))]
    splits = [SPLITS.get(part.lower(), part) for part, rows in parts.items() for _ in range(len(rows))]
    source: HubImages | TextSource
    texts: list[str | None] | None = None
    if type(features[chosen]).__name__ == "Image":
        source = HubImages(whole, chosen)
    else:
        texts = list(whole[chosen])
        source = TextSource(tuple(texts))
    rows = sample_table(ids, source.sha256, splits=splits, hierarchy=tree, leaves=leaves, texts=texts)
    return Samples(table=rows, source=source, hierarchy=tree, name=Path(name).name)


def import_datasets() -> ModuleType:
    """Import `datasets`.

    Raises
    ------
    DataError
        When it is missing or cannot be imported.
    """
    try:
        import datasets
    except (ImportError, RuntimeError) as error:
        raise DataError(
            f"Data sets of the hub need the package datasets ({first_line(error)})",
            "Install it: pip install 'nucleate[hf]'",
        ) from error
    return datasets


def read_parts(datasets: ModuleType, name: str, subset: str | None, split: str | None) -> dict[str, Any]:
    """The splits of a data set, by name."""
    folder = Path(name)
    saved = any((folder / mark).is_file() for mark in ("dataset_dict.json", "state.json"))
    read: Callable[[], Any] = (
        (lambda: datasets.load_from_disk(name)) if saved else (lambda: datasets.load_dataset(name, subset))
    )
    try:
        found = read()
    except Exception as error:  # a dozen libraries may fail on the way
        where = (
            "is no folder, not in the cache, and could not be downloaded" if not folder.is_dir() else "cannot be read"
        )
        raise DataError(
            f"The data set {name} {where} ({first_line(error)})",
            "Check the name and the connection, or pass a folder of its Parquet files",
        ) from error
    parts = dict(found) if isinstance(found, dict) else {str(found.split or "all"): found}
    if split is None:
        return parts
    if split not in parts:
        raise DataError(f"The data set {name} has no split {split!r}", f"It has {', '.join(parts)}")
    return {split: parts[split]}


def choose_column(features: Any, image_column: str | None, text_column: str | None, name: str) -> str:
    """The column that holds the samples, of a kind that can be probed."""
    if image_column is not None and text_column is not None:
        raise DataError(f"Samples of {name} are either images or texts", "Name one of image_column, text_column")
    kinds = {column: kind_of(feature) for column, feature in features.items()}
    listed = ", ".join(f"{column!r} ({kind})" for column, kind in kinds.items())
    images = [column for column, kind in kinds.items() if kind == "images"]
    chosen = image_column or text_column or (images[0] if len(images) == 1 else None)
    if chosen is None:
        media = next((kind for kind in kinds.values() if kind in ("video", "audio")), None)
        if media and not images:
            raise DataError(f"{name} holds {media}, and nucleate probes images and texts only", f"It has {listed}")
        raise DataError(
            f"It is unclear which column of {name} holds the samples",
            f"Name it with image_column= or text_column=; it has {listed}",
        )
    check_column(chosen, list(kinds), name)
    wanted = "texts" if text_column is not None else "images"
    if kinds[chosen] != wanted:
        raise DataError(f"Column {chosen!r} of {name} holds {kinds[chosen]}, not {wanted}", f"It has {listed}")
    return chosen


def kind_of(feature: Any) -> str:
    """What a column holds, in a word."""
    name = type(feature).__name__
    if name == "Value":
        return "texts" if feature.dtype in ("string", "large_string") else str(feature.dtype)
    return {"Image": "images", "Video": "video", "Audio": "audio", "ClassLabel": "classes"}.get(name, name)


def class_names(dataset: Any, column: str) -> list[Any]:
    """The entries of a column, numbers of classes as their names; -1 stands for a missing one."""
    feature, values = dataset.features[column], list(dataset[column])
    if type(feature).__name__ != "ClassLabel":
        return values
    return [None if value is None or value < 0 else feature.names[value] for value in values]


@contextmanager
def quiet(datasets: ModuleType) -> Iterator[None]:
    """Switch the progress bars of `datasets` off for a while."""
    shown = datasets.are_progress_bars_disabled() is False
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()
