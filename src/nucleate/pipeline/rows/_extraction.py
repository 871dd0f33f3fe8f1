"""Filling the block store: which blocks are needed, which are there, and what happened in them."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import PIL
import polars as pl
import torch

from nucleate.activations import Block, Layer, extract
from nucleate.data import Samples, encode_thumbnails
from nucleate.errors import RunError, RunFolderError
from nucleate.models import Network
from nucleate.pipeline.folder import RunFolder
from nucleate.pipeline.plan import Plan
from nucleate.pipeline.request import Settings
from nucleate.pipeline.tasks import Reporter
from nucleate.storage import BlockStore, digest

EXTRACTION_VERSION = 1
PRECISION = ("batch_size", "dtype")
"""Settings that change nothing but the last bits of the same rows."""


@dataclass(frozen=True)
class Extraction:
    """What the bits of activations depend on.

    Attributes
    ----------
    settings : dict
        What the request says: other settings mean other activations, made anew.
    environment : dict
        What the machine says: it changes the last bits, so blocks of two environments never mix.
    """

    settings: dict[str, Any]
    environment: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """sha256 of both."""
        return digest([self.settings, self.environment])

    @property
    def of_any_layer(self) -> dict[str, Any]:
        """The settings that decide the rows of a layer, whichever other layers there are and however they are cut."""
        names = ("version", "network", "samples", "pool", "dtype", "batch_size")
        return {name: self.settings[name] for name in names}

    def store(self, folder: RunFolder, samples: Samples) -> BlockStore:
        """The blocks that this extraction fills."""
        return BlockStore(folder.activations, self.fingerprint, len(samples), self.settings["block_rows"])


def describe(
    plan: Plan, request: Settings, identity: dict[str, Any], *, device: str, libraries: dict[str, str]
) -> Extraction:
    """What this request would extract on this machine."""
    return Extraction(
        settings={
            "version": EXTRACTION_VERSION,
            "network": identity["network"]["fingerprint"],
            "samples": identity["samples"]["fingerprint"],
            "layers": [layer.name for layer in plan.layers] if request.keep_activations else [],
            "pool": request.pool,
            "dtype": request.dtype,
            "batch_size": request.rows_per_batch,
            "block_rows": plan.block_rows,
        },
        environment={
            "device": torch.cuda.get_device_name() if device.startswith("cuda") else device,
            "machine": platform.machine(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "pillow": PIL.__version__,
            **libraries,
        },
    )


def reconcile(
    asked: Extraction, before: dict[str, Any] | None, folder: RunFolder, samples: Samples, blocks: Sequence[int]
) -> Extraction:
    """Decide which environment the activations belong to.

    A complete set of blocks is used whatever machine made it. An unfinished set made elsewhere is refused: finishing it
    here would mix bits. So is another batch size or precision.

    Raises
    ------
    RunFolderError
        With each difference between the environments, or the settings.
    """
    if before is None:
        return asked
    earlier = Extraction(settings=before["settings"], environment=before["environment"])
    store = earlier.store(folder, samples)
    if earlier.settings != asked.settings:
        _refuse_other_precision(asked, earlier, store, folder)
        # Rows that hold more layers than asked serve as well.
        layers = earlier.settings["layers"]
        same = earlier.settings == {**asked.settings, "layers": layers}
        whole = same and not store.missing(blocks)
        return earlier if whole and set(asked.settings["layers"]) <= set(layers) else asked
    if earlier.environment == asked.environment:
        return asked
    missing = store.missing(blocks)
    if not missing:
        return earlier
    if len(missing) == len(blocks):
        return asked
    told = _differences(earlier.environment, asked.environment)
    raise RunFolderError(
        f"{folder.root} was begun in another environment: {told}",
        f"Go on in the first one (OMP_NUM_THREADS sets threads), or delete {folder.activations} to start anew",
    )


def _refuse_other_precision(asked: Extraction, earlier: Extraction, store: BlockStore, folder: RunFolder) -> None:
    """Refuse to ask for the same rows in other last bits: nobody means it, and everything would be made anew."""
    here, there = ({name: one.settings.get(name) for name in PRECISION} for one in (asked, earlier))
    if here == there or len(store.missing(range(store.blocks))) == store.blocks:
        return
    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in there.items() if value != here[name])
    raise RunFolderError(
        f"{folder.root} was made with other settings: {_differences(there, here)}",
        f"Ask with {flags}, or choose another output folder with --out",
    )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Each entry that differs, in words."""
    names = sorted(before.keys() | now.keys())
    return ", ".join(f"{name} was {before.get(name)}, is {now.get(name)}" for name in names
                     if before.get(name) != now.get(name))  # fmt: skip


@dataclass(frozen=True)
class Extractor:
    """Sends blocks of samples through the network, and keeps account of them in the block store.

    Attributes
    ----------
    store : BlockStore
        Its records tell which blocks went through, and which samples could not be read.
    network, samples, plan, request, folder
        What goes where.
    shape : tuple of int
        Of one network input.
    device : str
        Where the network runs.
    workers : int
        Threads that decode ahead.
    reporter : Reporter
        Where progress is told.
    """

    store: BlockStore
    network: Network
    samples: Samples
    plan: Plan
    request: Settings
    folder: RunFolder
    shape: tuple[int, ...]
    device: str
    workers: int
    reporter: Reporter

    @property
    def unread(self) -> list[int]:
        """The blocks that are needed and have not gone through yet."""
        return self.store.missing(self.plan.blocks)

    def extract(self, blocks: Sequence[int], layers: Sequence[Layer]) -> Iterator[Block]:
        """What the layers say of each block of rows."""
        return extract(
            self.network, self.samples, [self.store.span(block) for block in blocks], layers=layers,
            pool=self.request.pool, batch_size=self.request.rows_per_batch, shape=self.shape, device=self.device,
            dtype=self.request.dtype, workers=self.workers,
        )  # fmt: skip

    def fill(self) -> None:
        """Extract and commit the blocks that are missing, with all layers."""
        blocks, missing = self.plan.blocks, self.unread
        if len(missing) < len(blocks):
            self.reporter.say(f"{len(blocks) - len(missing)} of {len(blocks)} blocks of activations are there already")
        if not missing:
            return
        with self.reporter.steps("activations (blocks)", len(missing)) as advance:
            for block, answer in zip(missing, self.extract(missing, self.plan.layers), strict=True):
                self.commit(block, answer, answer.layers)
                advance()

    def note(self, block: int, answer: Block) -> None:
        """Keep of a block that went through what its samples were, once; no activations.

        Raises
        ------
        RunError
            When a file can be read in one pass and not in another.
        """
        record = self.store.record(block)
        if record is None:
            self.commit(block, answer, {})
            return
        changed = sorted({int(row) for row in record.facts["failures"]} ^ answer.failures.keys())
        if changed:
            name = self.samples.table["id"][changed[0]]
            raise RunError(
                f"Sample {name} (row {changed[0]}) could be read in one pass and not in another",
                "Mend the files and probe into a new folder",
            )

    def commit(self, block: int, answer: Block, layers: Mapping[str, np.ndarray]) -> None:
        """Write what is kept of a block, its thumbnails, and which of its samples could not be read.

        Raises
        ------
        RunError
            When more samples cannot be read than the request bears.
        """
        if answer.failures:
            bad = len(answer.failures) + len(_failures(self.store, self.plan.blocks))
            if bad > _bearable(self.request):
                _stop(self.samples, answer.failures, bad)
        thumbnails = self.folder.thumbnails.relative_to(self.folder.root)
        self.store.commit(
            block,
            layers,
            facts={"rows": len(answer.rows), "failures": {str(row): why for row, why in answer.failures.items()}},
            extra_files={f"../{thumbnails}/{block:06d}.parquet": encode_thumbnails(answer.thumbnails)},
        )


def _bearable(request: Settings) -> float:
    """How many samples may be unreadable."""
    if request.on_bad == "stop":
        return 0
    return math.inf if request.max_bad is None else request.max_bad


def _failures(store: BlockStore, blocks: Sequence[int]) -> dict[str, str]:
    """Row -> reason, of the samples that could not be read in committed blocks."""
    found = [store.record(block) for block in blocks]
    return {row: reason for record in found if record for row, reason in record.facts["failures"].items()}


def _stop(samples: Samples, failures: Mapping[int, str], bad: int) -> NoReturn:
    row, reason = next(iter(failures.items()))
    many = "1 sample" if bad == 1 else f"{bad} samples"
    raise RunError(
        f"{many} cannot be read by now, among them {samples.table['id'][row]} (row {row}): {reason}",
        "Mend the files and probe into a new folder, or let the run go on with --on-bad skip or a larger --max-bad",
    )


def with_status(samples: Samples, store: BlockStore, blocks: Sequence[int]) -> pl.DataFrame:
    """The sample table with `status` (`ok`, `failed`, or `not read`) and `reason` of each row."""
    status = np.full(len(samples), "not read", dtype=object)
    reasons: list[str | None] = [None] * len(samples)
    for block in blocks:
        record = store.record(block)
        if record is None:
            continue
        span = store.span(block)
        status[span.start : span.stop] = "ok"
        for row, reason in record.facts["failures"].items():
            status[int(row)], reasons[int(row)] = "failed", reason
    return samples.table.with_columns(
        pl.Series("status", list(status), dtype=pl.String), pl.Series("reason", reasons, dtype=pl.String)
    )


def readable_rows(table: pl.DataFrame, rows: np.ndarray, k: int) -> np.ndarray:
    """Those of `rows` that could be read.

    Raises
    ------
    RunError
        When too few are left for k neighbours.
    """
    ok = rows[(table["status"] == "ok").to_numpy()[rows]]
    if len(ok) <= k:
        first = table.filter(pl.col("status") == "failed").row(0, named=True)
        raise RunError(
            f"Only {len(ok)} of {len(rows)} samples could be read, too few for k = {k} neighbours "
            f"(first failure: {first['id']}, {first['reason']})",
            "Mend the files or choose a smaller k",
        )
    return ok
