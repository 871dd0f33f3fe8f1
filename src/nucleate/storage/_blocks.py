"""Blocks of rows on disk: block b holds rows [b * B, (b + 1) * B) of every layer, and a record that vouches for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.errors import StorageError
from nucleate.storage._commits import Commit, commit, committed
from nucleate.storage._fingerprint import digest, digest_array
from nucleate.storage._tensors import encode_tensors, read_part, read_tensor


@dataclass(frozen=True)
class BlockStore:
    """Rows of several layers in blocks of equal height.

    Parameters
    ----------
    folder : Path
        Where blocks live: `000000.safetensors` with its record `000000.json`, and so on.
    fingerprint : str
        What the rows depend on. Blocks of another fingerprint count as absent.
    rows : int
        Rows over all blocks.
    block_rows : int
        Rows per block; the last block may hold fewer.
    """

    folder: Path
    fingerprint: str
    rows: int
    block_rows: int

    @property
    def blocks(self) -> int:
        """How many blocks hold all rows."""
        return -(-self.rows // self.block_rows)

    def span(self, block: int) -> range:
        """The rows of a block."""
        return range(block * self.block_rows, min((block + 1) * self.block_rows, self.rows))

    def blocks_of(self, rows: np.ndarray) -> list[int]:
        """The blocks that hold at least one of `rows`, ascending."""
        return [int(block) for block in np.unique(np.asarray(rows) // self.block_rows)]

    def record_path(self, block: int) -> Path:
        """Where a block's commit record lives."""
        return self.folder / f"{block:06d}.json"

    def record(self, block: int) -> Commit | None:
        """A block's commit record, or None when the block is still to be made."""
        return committed(self.record_path(block), self.fingerprint)

    def missing(self, blocks: Sequence[int]) -> list[int]:
        """Those of `blocks` that are not committed."""
        return [block for block in blocks if self.record(block) is None]

    def commit(
        self,
        block: int,
        layers: Mapping[str, np.ndarray],
        *,
        facts: Mapping[str, Any],
        extra_files: Mapping[str, bytes] | None = None,
    ) -> Commit:
        """Write one block, (rows in block, width) float32 per layer; the record keeps each layer's range and digest."""
        files = {f"{block:06d}.safetensors": encode_tensors(layers)} | dict(extra_files or {})
        summaries = {name: _summary(values) for name, values in layers.items()}
        return commit(
            self.record_path(block), files, fingerprint=self.fingerprint, facts={**facts, "layers": summaries}
        )

    def read(self, layer: str, rows: np.ndarray) -> np.ndarray:
        """The given rows (ascending) of one layer, (len(rows), width) float32; no other layer is read.

        Raises
        ------
        StorageError
            When a block that holds one of the rows is absent or damaged.
        """
        rows = np.asarray(rows)
        result: np.ndarray | None = None
        for block in self.blocks_of(rows):
            if self.record(block) is None:
                raise StorageError(f"Block {block} of {self.folder} is missing", "Run the same command again")
            span = self.span(block)
            inside = (rows >= span.start) & (rows < span.stop)
            values = read_tensor(self.folder / f"{block:06d}.safetensors", layer)
            if result is None:
                result = np.empty((len(rows), *values.shape[1:]), values.dtype)
            result[inside] = values[rows[inside] - span.start]
        if result is None:
            raise StorageError(f"No rows of layer {layer!r} were asked for", "Ask for at least one row")
        return result

    def read_columns(self, layer: str, rows: np.ndarray, columns: slice) -> np.ndarray:
        """The given rows (ascending) of one layer, and of these the given columns: no other bytes are read.

        Raises
        ------
        StorageError
            As `read` does.
        """
        parts = []
        for block in self.blocks_of(rows):
            if self.record(block) is None:
                raise StorageError(f"Block {block} of {self.folder} is missing", "Run the same command again")
            span = self.span(block)
            inside = rows[(rows >= span.start) & (rows < span.stop)] - span.start
            path = self.folder / f"{block:06d}.safetensors"
            near = read_part(path, layer, rows=slice(int(inside[0]), int(inside[-1]) + 1), columns=columns)
            parts.append(near[inside - inside[0]])
        return np.concatenate(parts)

    def layer_digest(self, layer: str, blocks: Sequence[int]) -> str:
        """The sha256 of one layer's rows in `blocks`: what results of this layer alone depend on."""
        found = [self.record(block) for block in blocks]
        return digest([record.facts["layers"][layer]["sha256"] if record else None for record in found])


def _summary(values: np.ndarray) -> dict[str, Any]:
    finite = np.isfinite(values)
    whole = bool(finite.all())
    known = values if whole else values[finite]
    return {
        "min": float(known.min()) if known.size else None,
        "max": float(known.max()) if known.size else None,
        "nan": 0 if whole else int(np.isnan(values).sum()),
        "sha256": digest_array(values),
    }
