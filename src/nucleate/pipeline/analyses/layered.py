"""What every analysis of one layer reads: where its rows are stored, which are analysed, and their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nucleate.pipeline.profile import Place
from nucleate.storage import BlockStore, digest_array


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
    """

    store: BlockStore
    place: Place
    rows: np.ndarray
    labels: Mapping[str, np.ndarray]

    def activations(self) -> np.ndarray:
        """The layer's rows, (n, width) float32."""
        return self.store.read(self.place.layer, self.rows)

    def depends_on(self, analysis: str, version: int) -> dict[str, Any]:
        """What every analysis of the layer depends on; `version` grows when an analysis' results change."""
        return {
            "analysis": analysis,
            "version": version,
            "activations": self.store.layer_digest(self.place.layer, self.store.blocks_of(self.rows)),
            "rows": digest_array(self.rows),
            "place": asdict(self.place),
        }

    def label_digests(self, levels: Sequence[str]) -> list[list[str]]:
        """Levels with the digest of their labels."""
        return [[level, digest_array(self.labels[level].astype("U"))] for level in levels]
