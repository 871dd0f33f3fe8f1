import numpy as np
import pytest

from nucleate.data import digits
from nucleate.errors import HierarchyError
from nucleate.labels import Hierarchy
from nucleate.training import relabelled
from nucleate.training._evaluation import Predictions, scores
from nucleate.training.objectives._targets import targets_of
from support.small_training import PARENTS, make_samples


@pytest.mark.parametrize(
    ("level", "classes", "above"),
    [(None, ("m", "n", "o"), ["top"]), ("top", ("a", "b"), []), ("leaf", tuple(PARENTS), ["top", "middle"])],
)
def test_a_level_and_those_above(level, classes, above) -> None:
    samples = make_samples()
    targets = targets_of(samples, level)
    assert targets.classes == classes
    assert [classes[code] for code in targets.codes] == samples.labels(targets.level).tolist()
    assert list(targets.coarser) == above
    for name, codes in targets.coarser.items():
        told = [samples.hierarchy.classes(name)[code] for code in codes[targets.codes]]
        assert told == samples.labels(name).tolist()


def test_scores_by_hand() -> None:
    samples = make_samples(10)  # p q r s t p q r s t, of m m n o o twice, of a a b b b twice
    targets = targets_of(samples)
    said = np.array([0, 1, 1, 1, 2, 0, 2, 1, 2, 2])  # q as n and as o, s once as n
    whole, top, worst = scores(Predictions(np.arange(10), said, 0.5), targets, np.arange(10))
    assert whole == {"level": "middle", "group": None, "loss": 0.5, "accuracy": 0.7}
    assert top == {"level": "top", "group": None, "loss": None, "accuracy": 0.8}
    assert worst == {"level": "middle", "group": "q", "loss": None, "accuracy": 0.0}


def test_classes_without_samples_are_not_the_worst() -> None:
    targets = targets_of(make_samples(10))
    *_, worst = scores(Predictions(np.array([0, 1]), np.array([0, 1]), 0.5), targets, np.array([0, 2]))
    assert (worst["group"], worst["accuracy"]) == ("p", 1.0)
    assert scores(Predictions(np.array([], int), np.array([], int), None), targets, np.array([], int)) == []


def test_shuffles_keep_leaves_and_rows() -> None:
    samples = digits()
    shuffled = relabelled(samples, samples.hierarchy.shuffled(2))
    assert shuffled.labels("subclass").tolist() == samples.labels("subclass").tolist()
    for row in (0, 500, 1700):
        leaf = samples.labels("subclass")[row]
        assert shuffled.labels("superclass")[row] == shuffled.hierarchy.of(leaf, "superclass")
    assert relabelled(shuffled, samples.hierarchy).fingerprint == samples.fingerprint
    with pytest.raises(HierarchyError, match="are not those of digits"):
        relabelled(samples, Hierarchy.from_paths(["a/0", "b/1"]))
