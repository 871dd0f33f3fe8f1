import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.errors import HierarchyError
from nucleate.labels import Hierarchy

ANIMALS = ["animal/dog/beagle", "artefact/car/van", "animal/cat/siamese", "animal/dog/pug", "animal/dog/beagle"]


@pytest.fixture
def animals() -> Hierarchy:
    return Hierarchy.from_paths(ANIMALS)


def test_classes_keep_the_order_of_first_appearance_grouped_by_parent(animals):
    assert animals.levels == ("level1", "superclass", "subclass")
    assert animals.depth == 3
    assert animals.classes("level1") == ("animal", "artefact")
    assert animals.classes(1) == ("dog", "cat", "car")
    assert animals.leaves == animals.classes(-1) == ("beagle", "pug", "siamese", "van")
    assert repr(animals) == "Hierarchy(level1 2 > superclass 3 > subclass 4)"


@pytest.mark.parametrize(
    ("path", "levels"),
    [
        ("a", ("class",)),
        ("a/b", ("superclass", "subclass")),
        ("a/b/c/d", ("level1", "level2", "superclass", "subclass")),
    ],
)
def test_default_level_names(path, levels):
    assert Hierarchy.from_paths([path]).levels == levels


def test_of_and_codes(animals):
    assert animals.of("pug", "level1") == "animal"
    assert animals.of("pug", -1) == "pug"
    leaves = ["van", "pug", "van", "siamese"]
    assert animals.of(leaves, "superclass").tolist() == ["car", "dog", "car", "cat"]
    codes = animals.codes(leaves, "superclass")
    assert codes.dtype == np.int64
    assert codes.tolist() == [2, 0, 2, 1]
    for same in (np.array(leaves), np.array(leaves, dtype=object), pl.Series(leaves), tuple(leaves)):
        assert animals.codes(same, "superclass").tolist() == [2, 0, 2, 1]
    assert animals.codes([], 0).shape == (0,)


def test_children_and_leaves_under(animals):
    assert animals.children("animal", "level1") == ("dog", "cat")
    assert animals.children("dog", "superclass") == ("beagle", "pug")
    assert animals.leaves_under("animal", "level1") == ("beagle", "pug", "siamese")
    assert animals.leaves_under("van", "subclass") == ("van",)
    with pytest.raises(HierarchyError, match="no children"):
        animals.children("pug", -1)
    with pytest.raises(HierarchyError, match=r"Unknown superclass 'dgo'.*'dog'"):
        animals.leaves_under("dgo", "superclass")


def test_integer_classes():
    hierarchy = Hierarchy.from_table({"shape": ["round", "straight"], "digit": [0, 1]})
    assert hierarchy.leaves == ("0", "1")
    assert hierarchy.codes(np.array([1, 0, 1]), "shape").tolist() == [1, 0, 1]


def test_a_superclass_may_share_its_subclass_name():
    hierarchy = Hierarchy.from_paths(["bear/bear", "dog/pug"])
    assert hierarchy.children("bear", 0) == ("bear",)


def test_level_accepts_names_and_indices(animals):
    assert [animals.level(level) for level in ("superclass", 1, -2)] == [1, 1, 1]
    with pytest.raises(HierarchyError, match=r"Unknown level 'superclas'.*Did you mean 'superclass'"):
        animals.level("superclas")
    for outside in (3, -4):
        with pytest.raises(HierarchyError, match="Choose from: level1, superclass, subclass"):
            animals.level(outside)


def test_unknown_leaves(animals):
    with pytest.raises(HierarchyError, match=r"Unknown leaf 'begle' in row 1.*'beagle'"):
        animals.codes(["pug", "begle"], 0)
    with pytest.raises(HierarchyError, match="None is not a class name"):
        animals.codes(["pug", None], 0)
    with pytest.raises(HierarchyError, match="list of leaves"):
        animals.codes("pug", 0)


@pytest.mark.parametrize(
    ("levels", "paths", "message"),
    [
        (("class",), (), "needs leaves"),
        (("a", "b"), (("x", "y"), ("z",)), r"differ in depth: 'x/y' \(2 levels\) and 'z' \(1 levels\)"),
        (("a", "b"), (("x", "misc"), ("y", "misc")), r"'misc' has two parents, 'x' and 'y'. .*'misc \(y\)'"),
        (("a",), (("x", "y"),), "1 level names"),
        (("a", "a"), (("x", "y"),), "repeat"),
        (("a", ""), (("x", "y"),), "empty"),
        (("a", "b"), (("x", ""),), "not a class name"),
    ],
)
def test_what_is_no_tree(levels, paths, message):
    with pytest.raises(HierarchyError, match=message):
        Hierarchy(levels, paths)


def test_fingerprint_tells_trees_apart(animals):
    assert animals.fingerprint() == Hierarchy.from_paths(ANIMALS).fingerprint()
    others = [
        Hierarchy.from_paths(ANIMALS, levels=("a", "b", "c")),
        Hierarchy.from_paths([*ANIMALS, "artefact/car/bus"]),
        Hierarchy.from_paths(ANIMALS[1:]),
        animals.shuffled(seed=0),
    ]
    assert len({h.fingerprint() for h in [animals, *others]}) == 5
    # A fixed value: the fingerprint is kept in files and must not change between versions or machines.
    assert Hierarchy.from_paths(["é/a"]).fingerprint()[:16] == "b8437c5f0ef24ebb"


def test_equality_and_hash(animals):
    again = Hierarchy.from_table(animals.to_table())
    assert again == animals
    assert hash(again) == hash(animals)


def test_shuffled_keeps_counts_and_upper_levels(animals):
    shuffled = animals.shuffled(seed=3)
    assert shuffled.levels == animals.levels
    assert sorted(shuffled.leaves) == sorted(animals.leaves)
    for name in animals.classes("superclass"):
        assert len(shuffled.children(name, "superclass")) == len(animals.children(name, "superclass"))
    assert shuffled.children("animal", 0) == animals.children("animal", 0)
    assert animals.shuffled(seed=3) == shuffled
    with pytest.raises(HierarchyError, match="one level"):
        Hierarchy.from_paths(["a", "b"]).shuffled(seed=0)
    for seed in (-1, 2**32):
        with pytest.raises(HierarchyError, match=rf"seed {seed} of a shuffle is out of range"):
            animals.shuffled(seed=seed)
    assert animals.shuffled(seed=2**32 - 1).levels == animals.levels


trees = st.dictionaries(st.text("ab", min_size=1, max_size=3), st.integers(1, 4), min_size=1, max_size=5)


@given(trees, st.randoms(use_true_random=False))
def test_any_tree_reads_the_same_from_paths_table_and_pairs(tree, random):
    paths = [(name, f"{name}-{leaf}") for name, leaves in tree.items() for leaf in range(leaves)]
    expected = Hierarchy.from_paths(paths)
    assert Hierarchy.from_table(expected.to_table()) == expected
    assert Hierarchy.from_parents([(leaf, name) for name, leaf in paths]) == expected
    rows = [random.choice(paths) for _ in range(20)]
    codes = expected.codes([leaf for _, leaf in rows], 0)
    assert [expected.classes(0)[code] for code in codes] == [name for name, _ in rows]
    random.shuffle(paths)
    assert set(Hierarchy.from_paths(paths).leaves) == set(expected.leaves)
