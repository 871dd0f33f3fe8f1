import pytest

from nucleate.errors import HierarchyError
from nucleate.labels import Hierarchy

SHUFFLE_OF_ENTITY13_4 = """
    03874599 04515003 04550184 04311174  04204347 04479046 04612504 02667093  03958227 01773157 01687978 01704323
    02802426 07714990 03666591 02417914  03388043 07747607 03832673 12144580  01978455 04540053 03788365 02123597
    03450230 04273569 02398521 01824575  02165105 04447861 02981792 01828970  02825657 01817953 03980874 02834397
    03344393 04037443 03325584 04252225  03485407 03337140 02018207 07718472  01694178 02129604 03956157 04325704
    01692333 04467665 01774384 02980441
"""


@pytest.mark.parametrize(
    ("name", "superclasses", "each"),
    [("living17", 17, 4), ("nonliving26", 26, 4), ("entity13", 13, 20), ("entity13-4", 13, 4), ("entity30", 30, 8)],
)
def test_sizes(name, superclasses, each):
    hierarchy = Hierarchy.breeds(name)
    assert len(hierarchy.classes("superclass")) == superclasses
    assert len(set(hierarchy.leaves)) == superclasses * each
    for superclass in hierarchy.classes("superclass"):
        leaves = hierarchy.children(superclass, "superclass")
        assert len(leaves) == each
        assert all(len(leaf) == 9 and leaf[0] == "n" and leaf[1:].isdigit() for leaf in leaves)


def test_known_entries():
    hierarchy = Hierarchy.breeds("living17")
    assert hierarchy.children("wolf", 0) == ("n02114855", "n02114712", "n02114548", "n02114367")
    assert hierarchy.of("n02123394", 0) == "domestic cat, house cat, Felis domesticus, Felis catus"


def test_entity13_4_is_the_first_four_of_entity13():
    whole, cut = Hierarchy.breeds("entity13"), Hierarchy.breeds("entity13-4")
    for superclass in whole.classes(0):
        assert cut.children(superclass, 0) == whole.children(superclass, 0)[:4]


def test_published_shuffle():
    assert [
        leaf[1:] for leaf in Hierarchy.breeds("entity13-4").shuffled(seed=2).leaves
    ] == SHUFFLE_OF_ENTITY13_4.split()


def test_unknown_name():
    with pytest.raises(HierarchyError, match=r"Unknown BREEDS data set 'living-17'. Did you mean 'living17'"):
        Hierarchy.breeds("living-17")
    with pytest.raises(HierarchyError, match="Choose from: living17, nonliving26, entity13, entity13-4, entity30"):
        Hierarchy.breeds("imagenet")
