import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import changes_faster, layers_to_half
from support.layer_profiles import profile


def test_layers_to_half_by_hand():
    overlap = profile([[0.1, 0.2, 1.0, 0.8, 0.6, 0.2], [0.1, 0.2, 1.0, 0.5, 0.9, 0.1], [0.0, 0.0, 1.0, 0.9, 0.8, 0.7]])
    assert layers_to_half(overlap, "c").tolist() == pytest.approx([2.25, 1.0, np.inf])


def test_own_overlap_is_one_whatever_the_table_says():
    assert layers_to_half(profile([[0.3, 0.0]]), "a").tolist() == [0.5]


@pytest.mark.parametrize("rate", [0.05, 0.11, 0.3])
def test_exponential_loss_halves_where_it_must(rate):
    layers = np.arange(26)
    found = layers_to_half(profile([np.exp(-rate * layers)]), "a")[0]
    assert found == pytest.approx(np.log(2) / rate, abs=rate)


SLOW = [1.0, 0.9, 0.8, 0.7, 0.6, 0.4]
FAST = [0.1, 0.2, 0.3, 1.0, 0.4, 0.3]


@pytest.mark.parametrize("paired", [False, True])
def test_changes_faster(paired):
    slow, fast = profile([SLOW, np.array(SLOW) - 0.01]), profile([FAST, np.array(FAST) - 0.01])
    assert changes_faster(fast, slow, ("d", "a"), paired=paired).verdict == "confirmed"
    assert changes_faster(slow, fast, ("a", "d"), paired=paired).verdict == "refuted"
    torn = profile([SLOW, [1.0, 0.2, 0.1, 0.1, 0.1, 0.1]])
    assert changes_faster(fast, torn, ("d", "a"), paired=paired).verdict == "undecided"
    finding = changes_faster(fast, slow, ("d", "a"), paired=paired)
    assert finding.parts == ()
    assert "from a minus that from d" in finding.told


@pytest.mark.parametrize(
    ("references", "error", "message"),
    [
        (("d", "f"), ArrayError, "f is the last layer"),
        (("e", "a"), ArrayError, "half of the neighbours of e are still there in the last layer, in repetition 1"),
        (("z", "a"), UsageError, "no layer 'z'"),
    ],
)
def test_named_errors(references, error, message):
    late = profile([[0, 0, 0, 0, 1.0, 0.2], [0, 0, 0, 0, 1.0, 0.6]])
    with pytest.raises(error, match=message):
        changes_faster(late, profile([SLOW, SLOW]), references)
