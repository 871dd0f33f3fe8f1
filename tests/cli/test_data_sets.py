"""Data sets that --data names by a prefix."""

from pathlib import Path

import numpy as np
import pytest

from nucleate.cli.actions._sources import Columns, load_samples
from nucleate.errors import DataError, UsageError


def write_idx(folder: Path, count: int = 12) -> None:
    for name, values in (
        ("images-idx3", np.arange(count * 36, dtype=np.uint8).reshape(count, 6, 6)),
        ("labels-idx1", (np.arange(count) % 3).astype(np.uint8)),
    ):
        start = bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes()
        (folder / f"t10k-{name}-ubyte").write_bytes(start + values.tobytes())


def load(source: str, **columns: tuple[str, ...]) -> object:
    return load_samples(source, None, Columns(**columns))


def test_idx_and_modmnist_of_it_with_options(tmp_path: Path) -> None:
    write_idx(tmp_path)
    assert len(load(f"idx:{tmp_path}")) == 12
    assert len(load(f"idx:{tmp_path}?first=5")) == 5
    moved = load(f"modmnist:idx:{tmp_path}?canvas=40&first=5&seed=2")
    assert len(moved) == 5
    assert moved.source.read(0).size == (40, 40)
    assert (moved.source.canvas, moved.source.seed) == (40, 2)
    assert len(load("modmnist:digits?canvas=16")) == 1797


def test_a_hierarchy_names_the_classes(tmp_path: Path) -> None:
    write_idx(tmp_path)
    (tmp_path / "tree.csv").write_text("kind,digit\na,0\na,1\nb,2\n")
    samples = load_samples(f"idx:{tmp_path}", str(tmp_path / "tree.csv"), Columns())
    assert samples.levels == ("kind", "digit")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("idx:", "--data idx: names no path"),
        ("idx:nowhere", "The folder nowhere does not exist"),
        ("idx:{}?frist=3", r"no option 'frist'. Did you mean 'first'\?"),
        ("idx:{}?first=many", "first='many' is not a whole number"),
        ("idx:{}?first", "has 'first' after the question mark"),
        ("modmnist:digits?canvas=1", "canvas cannot have 1 pixels"),
        ("modmnist:digitz?canvas=64", "folder digitz does not exist"),
        ("modmnist:digits?cavnas=64", r"no option 'cavnas'. Did you mean 'canvas'\?"),
        ("cifar10:{}", "holds neither CIFAR-10 nor CIFAR-100"),
        ("cifar10:no.tar.gz?first=3", "cifar10: data have no option 'first'"),
        ("cifra10:no.tar.gz", r"no kind of data set 'cifra10'. Did you mean 'cifar10'"),
        ("mod-mnist:digits", r"no kind of data set 'mod-mnist'. Did you mean 'modmnist'"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, source: str, message: str) -> None:
    write_idx(tmp_path)
    with pytest.raises((UsageError, DataError), match=message):
        load(source.format(tmp_path))


def test_flags_of_tables_say_nothing_about_them(tmp_path: Path) -> None:
    write_idx(tmp_path)
    with pytest.raises(UsageError, match="--levels says nothing about idx:"):
        load(f"idx:{tmp_path}", levels=("a",))
