"""What every analysis of one layer reads: where its rows are stored, which are analysed, and their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from nucleate.pipeline.folder import Place
from nucleate.storage import BlockStore, digest, digest_array, read_commit

LIBRARIES = ("numpy", "scipy", "scikit-learn", "numba")
"""What analyses compute with."""

ON_TORCH = ("linear_probe",)
"""Analyses that compute with torch too; of others' results torch has decided the activations, whose digest counts."""

ON_BLAS = ("cka", "clusters")
"""Analyses whose last bits depend on how many threads share a product of matrices; others are exact or use one."""


FROM_ROWS = ("neighbors", "cosine_neighbors", "clusters", "linear_probe", "scale_profile")
"""Analyses that read activations of one layer; others read what these have left."""


@dataclass(frozen=True)
class Layered:
    """One layer of a run, ready to be analysed.

    Attributes
    ----------
    store : BlockStore
        Blocks of activations.
    place : Place
        The layer's columns in the profile.
    rows : (n,) int64
        The rows that are analysed.
    labels : dict
        Level -> class name of each of `rows`, from the coarsest level to the leaf.
    distances : dict, optional
        Superclass -> the record of the distances between its rows, where the rows themselves were not kept.
    """

    store: BlockStore
    place: Place
    rows: np.ndarray
    labels: Mapping[str, np.ndarray]
    distances: Mapping[str, Path] | None = None

    def activations(self) -> np.ndarray:
        """The layer's rows, (n, width) float32."""
        return self.store.read(self.place.layer, self.rows)

    def row_source(self) -> LayerRows:
        """The same rows, read when they are asked for."""
        columns = self.store.read(self.place.layer, self.rows[:1]).shape[1]
        return LayerRows(self.store, self.place.layer, self.rows, columns)

    def only(self, chosen: np.ndarray) -> Layered:
        """The same layer with fewer rows, named by their places among these."""
        labels = {level: names[chosen] for level, names in self.labels.items()}
        return replace(self, rows=self.rows[chosen], labels=labels)

    def depends_on(self, analysis: str, version: int) -> dict[str, Any]:
        """What every analysis of the layer depends on; `version` grows when an analysis' results change."""
        return {
            "analysis": analysis,
            "version": version,
            "activations": self._digest(),
            "rows": digest_array(self.rows),
            "place": asdict(self.place),
            "environment": environment(analysis),
        }

    def _digest(self) -> str:
        if self.distances is None:
            return self.store.layer_digest(self.place.layer, self.store.blocks_of(self.rows))
        found = {group: read_commit(record) for group, record in self.distances.items()}
        return digest({group: record and record.files for group, record in found.items()})

    def label_digests(self, levels: Sequence[str]) -> list[list[str]]:
        """Levels with the digest of their labels."""
        return [[level, digest_array(self.labels[level].astype("U"))] for level in levels]


@dataclass(frozen=True)
class LayerRows:
    """Rows of one layer for those who read a range of them at a time."""

    store: BlockStore
    layer: str
    rows: np.ndarray
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Samples and columns."""
        return len(self.rows), self.columns

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """Of every layer."""
        return np.dtype(np.float32)

    def __getitem__(self, span: slice) -> np.ndarray:
        return self.store.read(self.layer, self.rows[span])

    def part(self, span: slice, columns: slice) -> np.ndarray:
        """Some columns of some rows: of wide rows, few are held at a time."""
        return self.store.read_columns(self.layer, self.rows[span], columns)


def environment(analysis: str) -> dict[str, Any]:
    """What of this machine the bits of an analysis depend on: libraries, by major and minor version, and threads."""
    names = (*LIBRARIES, "torch") if analysis in ON_TORCH else LIBRARIES
    found: dict[str, Any] = {name: ".".join(version(name).split(".")[:2]) for name in names}
    if analysis in ON_TORCH:
        found["threads"] = torch.get_num_threads()
    elif analysis in ON_BLAS:
        found["threads"] = blas_threads()
    return found


def blas_threads() -> list[int]:
    """Threads of each library for linear algebra."""
    return sorted(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
