import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from nucleate.data import digits, from_arrays
from nucleate.errors import DataError, HierarchyError
from nucleate.labels import Hierarchy

IMAGES = np.arange(4 * 6 * 5, dtype=np.uint8).reshape(4, 6, 5)


def test_images_are_pictures_and_floats_stay_as_they_are() -> None:
    pictures = from_arrays(IMAGES)
    picture = pictures.source.read(2)
    assert isinstance(picture, Image.Image)
    np.testing.assert_array_equal(np.asarray(picture), IMAGES[2])
    floats = from_arrays(torch.linspace(0, 1, 24).reshape(4, 2, 3).double())
    values = floats.source.read(1)
    assert isinstance(values, np.ndarray)
    assert values.dtype == np.float32
    assert values.shape == (2, 3)


def test_labels_as_mapping_sequence_or_leaves() -> None:
    table = {"kind": ["a", "a", "b", "b"], "sort": [1, 2, 3, 4]}
    assert from_arrays(IMAGES, table).labels("kind").tolist() == ["a", "a", "b", "b"]
    assert from_arrays(IMAGES, table).labels("sort").tolist() == ["1", "2", "3", "4"]
    assert from_arrays(IMAGES, ["x", "y", "x", "y"]).levels == ("class",)
    tree = Hierarchy.from_paths(["a/p", "b/q"])
    assert from_arrays(IMAGES, ["p", "q", "q", "p"], hierarchy=tree).labels("superclass").tolist() == list("abba")


@pytest.mark.parametrize(
    ("values", "labels", "options", "message"),
    [
        (np.zeros(4), None, {}, r"shape \(4,\)"),
        (np.zeros((4, 5, 5), np.int32), None, {}, "dtype int32"),
        (np.zeros((4, 5, 5, 2), np.uint8), None, {}, r"shape \(4, 5, 5, 2\)"),
        (np.zeros((0, 5, 5), np.uint8), None, {}, "no samples"),
        (IMAGES, ["a"], {}, "labels has 1 entries for 4"),
        (IMAGES, {"x": ["a"] * 3}, {}, "Level 'x' has 3 entries for 4"),
        (IMAGES, {"split": list("abcd")}, {}, "level is called 'split'"),
        (IMAGES, None, {"ids": ["a", "a", "b", "c"]}, "id 'a'"),
        (IMAGES, None, {"split": ["train"]}, "split has 1 entries"),
        (IMAGES, None, {"hierarchy": Hierarchy.from_paths(["a/b"])}, "without labels"),
    ],
)
def test_what_does_not_fit_is_named(values, labels, options, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match=message):
        from_arrays(values, labels, **options)


def test_a_leaf_the_hierarchy_does_not_know_is_named() -> None:
    with pytest.raises(HierarchyError, match="beagle"):
        from_arrays(IMAGES, ["p", "q", "q", "beagle"], hierarchy=Hierarchy.from_paths(["a/p", "b/q"]))


def test_the_fingerprint_depends_on_values_and_labels() -> None:
    prints = [
        from_arrays(IMAGES).fingerprint,
        from_arrays(IMAGES + 1).fingerprint,
        from_arrays(IMAGES, list("abab")).fingerprint,
        from_arrays(IMAGES, list("abba")).fingerprint,
        from_arrays(IMAGES.astype(np.float32)).fingerprint,
    ]
    assert len(set(prints)) == len(prints)


def test_digits_are_the_real_ones_split_evenly_by_class() -> None:
    samples = digits()
    bunch = load_digits()
    assert len(samples) == 1797
    rows = samples.table["id"].str.slice(6).cast(pl.Int64).to_numpy()
    assert sorted(rows.tolist()) == list(range(1797))
    assert samples.labels("subclass").tolist() == [str(digit) for digit in bunch.target[rows]]
    picture = np.asarray(samples.source.read(5), dtype=float)
    np.testing.assert_allclose(picture * 16 / 255, bunch.images[rows[5]], atol=0.05)
    held = samples.table.filter(pl.col("split") == "validation")
    shares = held.group_by("subclass").len().join(samples.table.group_by("subclass").len(), on="subclass")
    assert all(abs(row[1] / row[2] - 0.4) < 0.01 for row in shares.iter_rows())
    assert digits().fingerprint == samples.fingerprint
    assert digits(seed=1).fingerprint != samples.fingerprint


def test_digits_under_another_hierarchy_keep_their_rows() -> None:
    natural, shuffled = digits(), digits(hierarchy=digits().hierarchy.shuffled(3))
    assert natural.table["id"].equals(shuffled.table["id"])
    assert natural.labels("subclass").tolist() == shuffled.labels("subclass").tolist()
    assert natural.labels("superclass").tolist() != shuffled.labels("superclass").tolist()
