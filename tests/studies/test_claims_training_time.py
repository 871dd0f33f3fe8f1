import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import late_change, settles_early_except_last_layers

EPOCHS = np.array([0, 5, 10, 25, 50, 75, 100])
SETTLED = np.minimum(EPOCHS / 25, 1) * 0.4
STEADY = EPOCHS / 100 * 0.4


def run(*layers, noise=0.0, seed=0):
    return np.stack(layers, axis=1) + noise * np.random.default_rng(seed).normal(size=(len(EPOCHS), len(layers)))


def test_late_change_by_hand():
    assert late_change(run(STEADY)[None], EPOCHS)[0] == pytest.approx(0.75)
    assert late_change(run(SETTLED)[None], EPOCHS)[0] == pytest.approx(0)
    assert late_change(run(SETTLED, STEADY)[None], EPOCHS)[0] == pytest.approx(0.3 / 0.8)
    assert late_change(run(np.zeros(7))[None], EPOCHS)[0] == 0
    # Read between the checkpoints at 0 and 50.
    assert late_change(np.array([[[0.0], [1.0], [1.0]]]), [0, 50, 100])[0] == pytest.approx(0.5)
    assert late_change(run(STEADY)[None], EPOCHS, quarter=0.5)[0] == pytest.approx(0.5)


def test_layers_that_fall_change_as_much_as_layers_that_rise():
    assert late_change(run(STEADY, -STEADY)[None], EPOCHS) == pytest.approx(late_change(run(STEADY)[None], EPOCHS))


def test_unit_and_origin_do_not_matter():
    scores = run(SETTLED, STEADY, noise=0.05)[None]
    assert late_change(scores * 3 + 1, EPOCHS) == pytest.approx(late_change(scores, EPOCHS))
    assert late_change(scores, EPOCHS * 1000) == pytest.approx(late_change(scores, EPOCHS))


def test_settles_early_except_last_layers():
    true = [run(SETTLED, SETTLED, SETTLED, STEADY, noise=0.01, seed=seed) for seed in range(3)]
    false = [run(STEADY, STEADY, STEADY, STEADY, noise=0.01, seed=seed) for seed in range(3)]
    everywhere = [run(SETTLED, SETTLED, SETTLED, SETTLED)] * 2
    torn = [run(SETTLED, SETTLED, SETTLED, STEADY), run(STEADY, STEADY, STEADY, STEADY)]
    assert settles_early_except_last_layers(true, EPOCHS, 1).verdict == "confirmed"
    assert settles_early_except_last_layers(false, EPOCHS, 1).verdict == "refuted"
    assert settles_early_except_last_layers(everywhere, EPOCHS, 1).verdict == "refuted"
    assert settles_early_except_last_layers(torn, EPOCHS, 1).verdict == "undecided"
    assert settles_early_except_last_layers(true[:1], EPOCHS, 1).verdict == "undecided"


@pytest.mark.parametrize(
    ("scores", "progress", "last", "error", "message"),
    [
        ([run(STEADY, STEADY)], EPOCHS, 0, UsageError, "0 last layers of 2"),
        ([run(STEADY, STEADY)], EPOCHS, 2, UsageError, "2 last layers of 2"),
        ([run(STEADY, STEADY)], EPOCHS[:5], 1, ArrayError, r"shape \(1, 7, 2\).*for 5 checkpoints"),
        ([run(STEADY, STEADY)], EPOCHS[::-1], 1, ArrayError, "does not ascend"),
        ([run(STEADY, STEADY)], EPOCHS + 50, 1, ArrayError, "the first checkpoint, 50, comes after 37.5"),
        (run(STEADY, STEADY), EPOCHS, 1, ArrayError, "shape"),
        ([run(STEADY, STEADY * np.nan)], EPOCHS, 1, ArrayError, "layer 1 at checkpoint 0 of repetition 0"),
    ],
)
def test_named_errors(scores, progress, last, error, message):
    with pytest.raises(error, match=message):
        settles_early_except_last_layers(scores, progress, last)


def test_no_part_of_training():
    with pytest.raises(UsageError, match="no part of training"):
        late_change(run(STEADY)[None], EPOCHS, quarter=1)
