import polars as pl
import pytest

from nucleate.errors import HierarchyError
from nucleate.labels import Hierarchy


def make(root, *files):
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def test_folders_are_levels(tmp_path):
    make(
        tmp_path,
        "dog/pug/0.png",
        "cat/siamese/0.png",
        "dog/beagle/1.png",
        "readme.txt",
        ".git/objects/x",
        "dog/.DS_Store",
    )
    hierarchy = Hierarchy.from_folder(tmp_path)
    assert hierarchy == Hierarchy.from_paths(["cat/siamese", "dog/beagle", "dog/pug"])
    assert hierarchy == Hierarchy.from_folder(str(tmp_path))


def test_folder_errors(tmp_path):
    with pytest.raises(HierarchyError, match="not a folder"):
        Hierarchy.from_folder(tmp_path / "missing")
    with pytest.raises(HierarchyError, match="is empty"):
        Hierarchy.from_folder(tmp_path)
    make(tmp_path, "0.png")
    with pytest.raises(HierarchyError, match="no sub-folders"):
        Hierarchy.from_folder(tmp_path)
    make(tmp_path, "dog/pug/0.png")
    (tmp_path / "cat").mkdir()
    with pytest.raises(HierarchyError, match=r"cat is empty"):
        Hierarchy.from_folder(tmp_path)
    make(tmp_path, "cat/0.png")
    with pytest.raises(HierarchyError, match=r"differ in depth: 'cat' \(1 levels\) and 'dog/pug' \(2 levels\)"):
        Hierarchy.from_folder(tmp_path)


def test_folder_links(tmp_path):
    make(tmp_path, "data/dog/pug/0.png", "elsewhere/0.png")
    try:
        (tmp_path / "data" / "dog" / "beagle").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    except OSError:
        pytest.skip("links need a privilege here")
    assert Hierarchy.from_folder(tmp_path / "data").leaves == ("beagle", "pug")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "data", target_is_directory=True)
    with pytest.raises(HierarchyError, match="cycle"):
        Hierarchy.from_folder(tmp_path / "data")


def test_table_takes_named_columns_in_order():
    frame = pl.DataFrame({"path": ["1", "2"], "breed": ["pug", "siamese"], "kind": ["dog", "cat"]})
    hierarchy = Hierarchy.from_table(frame, levels=("kind", "breed"))
    assert hierarchy.levels == ("kind", "breed")
    assert hierarchy.paths == (("dog", "pug"), ("cat", "siamese"))
    categorical = frame.with_columns(pl.col("kind").cast(pl.Categorical))
    assert Hierarchy.from_table(categorical, levels=("kind", "breed")) == hierarchy


@pytest.mark.parametrize(
    ("table", "levels", "message"),
    [
        ({"kind": ["dog"]}, ("kinds",), "Unknown column 'kinds'. Did you mean 'kind'"),
        ({"a": ["x", "y"], "b": ["z"]}, None, r"differ in length: {'a': 2, 'b': 1}"),
        ({"a": ["x", None]}, None, "Row 1, column 'a': None is not a class name"),
        ({"a": [0.5]}, None, "Row 0, column 'a': 0.5"),
        ({"a": [True]}, None, "True is not a class name"),
        ({"a": []}, None, "needs leaves"),
        ({}, None, "needs leaves"),
    ],
)
def test_table_errors(table, levels, message):
    with pytest.raises(HierarchyError, match=message):
        Hierarchy.from_table(table, levels=levels)


def test_tables_are_not_changed():
    table = {"digit": [3, 1]}
    assert Hierarchy.from_table(table).leaves == ("3", "1")
    assert table == {"digit": [3, 1]}


def test_parents_of_any_depth():
    edges = {"pug": "dog", "dog": "animal", "animal": None, "siamese": "cat", "cat": "animal"}
    assert Hierarchy.from_parents(edges) == Hierarchy.from_paths(["animal/dog/pug", "animal/cat/siamese"])


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ({"a": "b", "b": "c", "c": "a"}, "cycle: a -> b -> c -> a"),
        ({"x": "a", "a": "b", "b": "a"}, "cycle: a -> b -> a"),
        ({"bear": "bear"}, "cycle: bear -> bear.*from_paths"),
        ([("pug", "dog"), ("pug", "cat")], "'pug' has two parents, 'dog' and 'cat'"),
        ({"pug": "dog", "dog": "animal", "siamese": "cat"}, "differ in depth: 'animal/dog/pug'.*'cat/siamese'"),
        ({}, "needs leaves"),
        ({"a": ""}, "'' is not a class name"),
    ],
)
def test_parents_errors(edges, message):
    with pytest.raises(HierarchyError, match=message):
        Hierarchy.from_parents(edges)


def test_paths_errors():
    with pytest.raises(HierarchyError, match="Path 'a//b'"):
        Hierarchy.from_paths(["a//b"])
    with pytest.raises(HierarchyError, match="list of paths"):
        Hierarchy.from_paths("a/b")
    assert Hierarchy.from_paths([("a/b", "c")]).classes(0) == ("a/b",)
