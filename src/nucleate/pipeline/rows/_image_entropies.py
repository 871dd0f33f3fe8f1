"""The entropy of each image as the network sees it: resized and cropped, in 8 bits. Images are decoded once more."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from nucleate.data import Samples, UnreadableSample
from nucleate.errors import UsageError
from nucleate.measures import image_entropy
from nucleate.models import Network, Preprocessing
from nucleate.pipeline.folder import RunFolder
from nucleate.pipeline.tasks import Task
from nucleate.storage import BlockStore, digest_array, encode_parquet

VERSION = 1


def refuse_without_images(network: Network, samples: Samples, rows: np.ndarray) -> None:
    """Refuse to measure entropies of what are no pictures.

    Raises
    ------
    UsageError
        When the network does not read images, or the first sample that can be read is none.
    """
    if isinstance(network.preprocessing, Preprocessing):
        for row in rows.tolist():
            try:
                sample = samples.source.read(row)
            except UnreadableSample:
                continue
            if isinstance(sample, Image.Image):
                return
            break
    raise UsageError(f"Entropy is that of images, and samples of {samples.name} are none", "Leave entropy out")


def entropy_tasks(
    folder: RunFolder, store: BlockStore, samples: Samples, preprocessing: Preprocessing, *, rows: np.ndarray,
    workers: int,
) -> list[Task]:  # fmt: skip
    """One task for each block that holds some of `rows`; it leaves their entropies, in bits."""
    tasks = []
    for block in store.blocks_of(rows):
        span = store.span(block)
        own = rows[(rows >= span.start) & (rows < span.stop)]
        record = folder.root / "entropies" / f"{block:06d}.json"
        depends_on = {
            "analysis": "image_entropy",
            "version": VERSION,
            "samples": samples.fingerprint,
            "preprocessing": preprocessing.to_dict(),
            "rows": digest_array(own),
        }
        tasks.append(Task(record, depends_on, partial(_files, samples, preprocessing, own, record.stem, workers)))
    return tasks


def _files(
    samples: Samples, preprocessing: Preprocessing, rows: np.ndarray, stem: str, workers: int
) -> dict[str, bytes]:
    def entropy(row: int) -> float:
        picture = samples.source.read(row)
        return float(image_entropy(preprocessing.pixels(picture)[None])[0])  # type: ignore[arg-type]

    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="decode") as pool:
        found = list(pool.map(entropy, rows.tolist()))
    return {f"{stem}.parquet": encode_parquet(pl.DataFrame({"row": rows, "entropy": found}))}


def read_entropies(records: Sequence[Path]) -> pl.DataFrame:
    """Row and entropy of every image that entropy tasks left, by row."""
    return pl.concat([pl.read_parquet(record.with_suffix(".parquet")) for record in records]).sort("row")
