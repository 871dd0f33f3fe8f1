"""A finished run, read back from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nucleate.activations import Layer
from nucleate.clusters import Peaks, Tree, density_peaks
from nucleate.data import RESERVED_COLUMNS, decode_thumbnails
from nucleate.errors import RunFolderError, UsageError
from nucleate.measures import hubness
from nucleate.neighbors import Neighbors
from nucleate.pipeline.analyses import read_neighbors
from nucleate.pipeline.folder import RunFolder, refuse_no_run
from nucleate.pipeline.rows import Extraction, read_entropies
from nucleate.storage import BlockStore, find_damage, read_commit, read_tensor
from nucleate.suggestions import did_you_mean


@dataclass(frozen=True)
class Run:
    """The results in a run folder; everything is read when asked for.

    Parameters
    ----------
    root : path
        The run folder.

    Raises
    ------
    NoRunError
        When there is no run in the folder.
    RunFolderError
        When the run is not finished, or damaged.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root))
        refuse_no_run(self.root)
        if read_commit(self.folder.manifest) is None:
            raise RunFolderError(f"The run in {self.root} is not finished", "Run the same probe again: it goes on")
        tables = {self.folder.request, self.folder.samples, self.folder.layers, self.folder.profile}
        damaged = [
            damage for damage in find_damage([self.folder.manifest]) if damage.path in {t.resolve() for t in tables}
        ]
        if damaged:
            raise RunFolderError(f"The run in {self.root} is damaged: {damaged[0]}", "Run the same probe again")

    def __repr__(self) -> str:
        network, samples = self.about["network"]["name"], self.about["samples"]
        count = len(self.layer_names)
        return f"Run({str(self.root)!r}: {network}, {samples['count']} samples of {samples['name']}, {count} layers)"

    @property
    def folder(self) -> RunFolder:
        """Where each file lies."""
        return RunFolder(self.root)

    @cached_property
    def about(self) -> dict[str, Any]:
        """The content of run.json: network, samples, request, versions."""
        content: dict[str, Any] = json.loads(self.folder.request.read_bytes())
        return content

    @cached_property
    def profile(self) -> pl.DataFrame:
        """One row per (layer, measure, level, group, parameters); see `nucleate.pipeline.PROFILE_SCHEMA`."""
        return pl.read_parquet(self.folder.profile)

    @cached_property
    def layers(self) -> pl.DataFrame:
        """One row per layer: order, depth, name, kind, shape, width, pooling, columns kept."""
        return pl.read_parquet(self.folder.layers)

    @cached_property
    def samples(self) -> pl.DataFrame:
        """One row per sample: row, id, path, sha256, split, labels, status, reason."""
        return pl.read_parquet(self.folder.samples)

    @property
    def layer_names(self) -> list[str]:
        """Names of the probed layers, in execution order."""
        return self.layers["name"].to_list()

    @property
    def levels(self) -> tuple[str, ...]:
        """Label levels of the samples, from the coarsest to the leaf."""
        return tuple(name for name in self.samples.columns if name not in RESERVED_COLUMNS)

    @property
    def failed(self) -> pl.DataFrame:
        """The samples that could not be read, with the reason."""
        return self.samples.filter(pl.col("status") == "failed")

    @property
    def rows(self) -> np.ndarray:
        """The rows that were analysed: readable samples of the evaluation split."""
        split = self.about["request"]["split"]
        return self.samples.filter((pl.col("split") == split) & (pl.col("status") == "ok"))["row"].to_numpy()

    def activations(self, layer: str, rows: np.ndarray | None = None) -> np.ndarray:
        """What a layer said, (rows, width) float32; by default the analysed rows. No other layer is read."""
        self.layer(layer)
        described = Extraction(**self.about["extraction"])
        if layer not in described.settings["layers"]:
            raise UsageError(
                f"The run has not kept the activations of {layer}",
                "Probe into another folder with keep_activations=True",
            )
        store = BlockStore(
            self.folder.activations, described.fingerprint, self.samples.height, described.settings["block_rows"]
        )
        return store.read(layer, self.rows if rows is None else np.sort(rows))

    def neighbors(self, layer: str, k: int | None = None) -> Neighbors:
        """The k nearest neighbours (default: the request's) of the analysed rows; indices count among `rows`.

        Raises
        ------
        ArrayError
            When more are asked for than were searched.
        """
        return read_neighbors(self._record("neighbors", layer), k or self.about["request"]["k"])

    def clusters(self, layer: str) -> pl.DataFrame:
        """One row per analysed sample: `row`, `group` (superclass) and a column `factor_f` for each factor."""
        return pl.read_parquet(self._record("clusters", layer).with_suffix(".parquet"))

    def tree(self, layer: str, group: str) -> Tree:
        """The Ward tree of one superclass at one layer."""
        linkage = read_tensor(self._record("clusters", layer).with_suffix(".safetensors"), group)
        ties = self.scores("tied_merges", group=group).filter(pl.col("layer") == layer)["value"]
        return Tree(linkage=linkage, ties=int(ties[0]))

    def overlaps(self, layer: str) -> pl.DataFrame:
        """One row per analysed sample: its own overlap with other layers' neighbours and with the labels."""
        return pl.read_parquet(self._record("overlaps", layer).with_suffix(".parquet"))

    @cached_property
    def layer_overlaps(self) -> pl.DataFrame:
        """Overlap of the neighbourhoods of every pair of layers: layer, other (a later one), k, overlap, chance."""
        records = [self.folder.of_layer("overlaps", self.layer(name), "pairs") for name in self.layer_names]
        found = [pl.read_parquet(record.with_suffix(".parquet")) for record in records if self._vouches(record)]
        if not found:
            raise UsageError("The run has no overlaps between layers", "Ask probe for them with measures=overlap")
        return pl.concat(found)

    @cached_property
    def entropies(self) -> pl.DataFrame:
        """One row per analysed sample: `row` and the `entropy` of its image as the network saw it, in bits."""
        records = [path for path in sorted((self.root / "entropies").glob("[0-9]*.json")) if "-" not in path.stem]
        records = [path for path in records if self._vouches(path)]
        if not records:
            raise UsageError("The run has no image entropies", "Ask probe for them with measures=entropy")
        return read_entropies(records)

    def hubs(self, layer: str, top: int = 16) -> pl.DataFrame:
        """The samples that lie in most neighbourhoods of a layer: row, occurrence; most frequent first."""
        found = hubness(self.neighbors(layer), top=top)
        return pl.DataFrame({"row": self.rows[found.hubs], "occurrence": found.occurrence[found.hubs]})

    def peaks(self, layer: str, z: float | None = None) -> Peaks:
        """The density peaks of a layer, at the run's confidence or another; found anew from its neighbours."""
        return density_peaks(self.neighbors(layer), z=self.about["request"]["z"] if z is None else z)

    def landscape(self, layer: str) -> pl.DataFrame:
        """One row per analysed sample: in how many neighbourhoods it lies, its log density, its peak, its halo."""
        return pl.read_parquet(self._record("peaks", layer).with_suffix(".parquet"))

    def thumbnails(self, rows: list[int]) -> dict[int, bytes]:
        """Small pictures (PNG or JPEG bytes) of the given rows, where there are some."""
        return decode_thumbnails(self.folder.thumbnails, rows)

    def scores(
        self, measure: str, *, level: str | None = None, group: str | None = None, parameters: str | None = None
    ) -> pl.DataFrame:
        """Rows of the profile of one measure, over all samples or one superclass."""
        wanted = (pl.col("measure") == measure) & pl.col("group").eq_missing(pl.lit(group))
        if level is not None:
            wanted &= pl.col("level") == level
        if parameters is not None:
            wanted &= pl.col("parameters") == parameters
        return self.profile.filter(wanted)

    def best_layer(self) -> str | None:
        """The layer of highest AMI at the smallest overclustering factor (the first such).

        The network's input is no layer of it and does not compete. None where nothing was clustered.
        """
        factors = self.about["request"]["factors"]
        scores = self.scores("ami", parameters=f"factor={min(factors)}").drop_nulls("value")
        scores = scores.filter(pl.col("layer") != "input") if len(self.layer_names) > 1 else scores
        if scores.is_empty():
            return None
        return str(scores["layer"][int(scores["value"].arg_max() or 0)])

    @cached_property
    def _vouched(self) -> set[str]:
        """What belongs to this run: results of an earlier request may lie in the folder, too."""
        manifest = read_commit(self.folder.manifest)
        return set(manifest.files) if manifest else set()

    def layer(self, name: str) -> Layer:
        """One of the probed layers.

        Raises
        ------
        UsageError
            When the run has no such layer, with close names.
        """
        found = self.layers.filter(pl.col("name") == name)
        if found.is_empty():
            raise UsageError(f"The run has no layer {name!r}", did_you_mean(name, self.layer_names))
        row = found.row(0, named=True)
        return Layer(row["order"], row["name"], row["kind"], (), row["width"])

    def has(self, kind: str, layer: str) -> bool:
        """Whether the run holds `neighbors`, `clusters` or `overlaps` of a layer."""
        return self._vouches(self.folder.of_layer(kind, self.layer(layer)))

    def _vouches(self, record: Path) -> bool:
        return record.relative_to(self.root).as_posix() in self._vouched

    def _record(self, kind: str, layer: str) -> Path:
        record = self.folder.of_layer(kind, self.layer(layer))
        if not self.has(kind, layer):
            raise UsageError(f"The run has no {kind} of {layer}", "Ask probe for them with measures=")
        return record
