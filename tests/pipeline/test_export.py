import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from nucleate.errors import UsageError
from nucleate.pipeline import Run, export


def test_arrays_are_the_activations(finished: Run, tmp_path: Path) -> None:
    path = export(finished, to="npy", layer="first", out=tmp_path / "x.npy")
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), finished.activations("first"))
    tensors = load_file(export(finished, to="safetensors", layer="first", out=tmp_path / "x.safetensors"))
    np.testing.assert_array_equal(tensors["activations"], finished.activations("first"))
    np.testing.assert_array_equal(tensors["rows"], finished.rows)
    np.testing.assert_array_equal(tensors["neighbor_indices"], finished.neighbors("first").indices)


def test_the_table_joins_what_is_known_of_each_sample(finished: Run, tmp_path: Path) -> None:
    table = pl.read_parquet(export(finished, to="parquet", layer="second", out=tmp_path / "x.parquet"))
    assert table["row"].to_list() == finished.rows.tolist()
    np.testing.assert_array_equal(np.stack(table["vector"].to_list()), finished.activations("second"))
    assert table["factor_2"].to_list() == finished.clusters("second")["factor_2"].to_list()
    assert table["overlap_output"].to_list() == finished.overlaps("second")["overlap_output"].to_list()
    assert table["subclass"].to_list() == finished.samples["subclass"].to_list()[30:]


def test_the_atlas_holds_plane_neighbours_and_pictures(finished: Run, tmp_path: Path) -> None:
    table = pl.read_parquet(export(finished, to="atlas", layer="first", out=tmp_path / "x.parquet"))
    first = table.row(7, named=True)
    assert first["neighbors"]["ids"] == finished.neighbors("first").indices[7].tolist()
    assert first["factor_1"] in {"0", "1", "2"}
    from PIL import Image

    assert Image.open(io.BytesIO(first["image"]["bytes"])).size == (8, 8)
    X = finished.activations("first").astype(float)
    values, vectors = np.linalg.eigh(np.cov(X.T))
    expected = (X - X.mean(0)) @ vectors[:, -1]
    np.testing.assert_allclose(np.abs(table["x"].to_numpy()), np.abs(expected), atol=1e-6)
    assert np.var(table["y"].to_numpy(), ddof=1) == pytest.approx(values[-2])


def test_the_profile_as_csv(finished: Run, tmp_path: Path) -> None:
    table = pl.read_csv(export(finished, to="csv", out=tmp_path / "x.csv"), infer_schema_length=None)
    assert table.height == finished.profile.height
    assert table["value"].to_numpy() == pytest.approx(finished.profile["value"].to_numpy(), nan_ok=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to": "npy"}, "needs a layer"),
        ({"to": "csv", "layer": "first"}, "takes no layer"),
        ({"to": "npy", "layer": "frist"}, "no layer 'frist'. Did you mean 'first'"),
        ({"to": "parket", "layer": "first"}, "no export format 'parket'. Did you mean 'parquet'"),
    ],
)
def test_what_cannot_be_meant_is_named(finished: Run, options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        export(finished, **options)  # type: ignore[arg-type]
