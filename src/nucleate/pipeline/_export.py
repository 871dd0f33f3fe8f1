"""One layer of a run, or its profile, in the formats of other tools."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from nucleate.errors import UsageError
from nucleate.pipeline.run import Run
from nucleate.storage import encode_parquet, encode_tensors, write_bytes
from nucleate.suggestions import did_you_mean

Format = Literal["parquet", "npy", "safetensors", "atlas", "csv"]
SUFFIXES: dict[Format, str] = {
    "parquet": ".parquet", "npy": ".npy", "safetensors": ".safetensors", "atlas": ".atlas.parquet", "csv": ".csv",
}  # fmt: skip


def export(run: Run, *, to: Format, layer: str | None = None, out: Path | None = None) -> Path:
    """Write one layer's analysed rows, or (csv) the profile, to one file.

    Parameters
    ----------
    run : Run
        A finished run.
    to : {"parquet", "npy", "safetensors", "atlas", "csv"}
        `parquet`: a row per sample with its table columns, clusters, overlaps and `vector`. `npy`: the (rows, width)
        float32 array alone. `safetensors`: `activations`, `rows`, `neighbor_indices`, `neighbor_distances`. `atlas`:
        Parquet for Embedding Atlas: `x` and `y` (first two principal components), `neighbors` ({ids, distances}, ids
        numbering this file's rows), `image` ({bytes, path}), labels and clusters. `csv`: the profile, all layers.
    layer : str, optional
        Needed for all but csv.
    out : path, optional
        The file; default `exports/LAYER.SUFFIX` in the run folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        For an unknown format or layer, or a layer that is missing or not wanted.
    StorageError
        When the file cannot be written.
    """
    if to not in SUFFIXES:
        raise UsageError(f"There is no export format {to!r}", did_you_mean(to, SUFFIXES))
    if (layer is None) != (to == "csv"):
        mend = "csv holds the profile of all layers: leave --layer out" if layer else "Choose one with --layer"
        raise UsageError(f"Export to {to} {'takes no' if layer else 'needs a'} layer", mend)
    stem = "profile" if layer is None else run.folder.of_layer("exports", run.layer(layer)).stem
    path = out or run.root / "exports" / f"{stem}{SUFFIXES[to]}"
    write_bytes(path, _WRITERS[to](run, layer or ""))
    return path


def _csv(run: Run, _: str) -> bytes:
    return run.profile.write_csv().encode()


def _npy(run: Run, layer: str) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, run.activations(layer), allow_pickle=False)
    return buffer.getvalue()


def _safetensors(run: Run, layer: str) -> bytes:
    tensors = {"activations": run.activations(layer), "rows": run.rows}
    if run.has("neighbors", layer):
        found = run.neighbors(layer)
        tensors |= {"neighbor_indices": found.indices, "neighbor_distances": found.distances}
    return encode_tensors(tensors, {"layer": layer})


def _table(run: Run, layer: str) -> pl.DataFrame:
    """The analysed samples with all that is known of each at a layer."""
    table = run.samples[run.rows.tolist()].drop("status", "reason")
    if run.has("clusters", layer):
        table = table.join(run.clusters(layer).drop("group"), on="row", how="left", maintain_order="left")
    if run.has("overlaps", layer):
        table = table.join(run.overlaps(layer), on="row", how="left", maintain_order="left")
    return table


def _vectors(run: Run, layer: str) -> pl.Series:
    values = run.activations(layer)
    return pl.Series("vector", values, dtype=pl.Array(pl.Float32, values.shape[1]))


def _parquet(run: Run, layer: str) -> bytes:
    return encode_parquet(_table(run, layer).with_columns(_vectors(run, layer)))


def _atlas(run: Run, layer: str) -> bytes:
    table = _table(run, layer)
    clusters = [pl.col(name).cast(pl.String) for name in table.columns if name.startswith("factor_")]
    x, y = _principal_plane(run.activations(layer))
    pictures = run.thumbnails(table["row"].to_list())
    images = [{"bytes": pictures.get(row), "path": path} for row, path in table.select("row", "path").iter_rows()]
    columns = [pl.Series("x", x), pl.Series("y", y), pl.Series("image", images)]
    if run.has("neighbors", layer):
        found = run.neighbors(layer)
        pairs = zip(found.indices.tolist(), found.distances.tolist(), strict=True)
        columns.append(pl.Series("neighbors", [{"ids": ids, "distances": distances} for ids, distances in pairs]))
    return encode_parquet(table.with_columns(*clusters).with_columns(*columns))


def _principal_plane(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two principal components; each points to where its largest value is positive."""
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    left, scales, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(values), 2))
    plane[:, : min(2, left.shape[1])] = (left * scales)[:, :2]
    signs = np.sign(plane[np.abs(plane).argmax(axis=0), [0, 1]])
    plane *= np.where(signs == 0, 1, signs)
    return plane[:, 0], plane[:, 1]


_WRITERS: dict[Format, Callable[[Run, str], bytes]] = {
    "csv": _csv, "npy": _npy, "safetensors": _safetensors, "parquet": _parquet, "atlas": _atlas,
}  # fmt: skip
