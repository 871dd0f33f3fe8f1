import numpy as np
import pytest

from nucleate.errors import ArrayError
from nucleate.studies.claims import corresponding_layers_agree_best, stages_agree_as_layers_do

STAGES = ["input", "early", "early", "late", "late", "late"]
SAME = np.array(STAGES)[:, None] == np.array(STAGES)
DIAGONAL = np.where(np.eye(6, dtype=bool), 0.5, 0.2)
BLOCKS = np.where(SAME, 0.5, 0.2)
FLAT = np.full((6, 6), 0.3)


def noisy(matrix, noise=0.005, pairs=3, seed=0):
    return matrix + noise * np.random.default_rng(seed).normal(size=(pairs, *matrix.shape))


def test_corresponding_layers_agree_best():
    assert corresponding_layers_agree_best(noisy(DIAGONAL)).verdict == "confirmed"
    assert corresponding_layers_agree_best(noisy(0.7 - DIAGONAL)).verdict == "refuted"
    assert corresponding_layers_agree_best([FLAT] * 3).verdict == "refuted"
    assert corresponding_layers_agree_best([DIAGONAL, DIAGONAL, 0.7 - DIAGONAL]).verdict == "undecided"
    assert corresponding_layers_agree_best([DIAGONAL]).verdict == "undecided"


def test_effect_by_hand():
    matrix = [[0.9, 0.1, 0.4], [0.3, 0.5, 0.7], [0.2, 0.1, 0.6]]
    # Averaged with the transpose: 0-1 0.2, 0-2 0.3, 1-2 0.4, so that the best others are 0.3, 0.4 and 0.4.
    finding = corresponding_layers_agree_best([matrix] * 3)
    assert finding.effect == pytest.approx((0.9 - 0.3 + 0.5 - 0.4 + 0.6 - 0.4) / 3)


def test_noise_makes_no_other_layer_the_best():
    """The best of many noisy layers would agree better than the corresponding one, were it not chosen elsewhere."""
    found = [corresponding_layers_agree_best(noisy(np.zeros((20, 20)), 1.0, seed=seed)).effect for seed in range(100)]
    assert np.mean(found) == pytest.approx(0, abs=0.05)


def test_runs_may_be_exchanged():
    matrices = noisy(DIAGONAL, 0.1)
    turned = matrices.transpose(0, 2, 1)
    assert corresponding_layers_agree_best(turned).low == pytest.approx(corresponding_layers_agree_best(matrices).low)
    for one, other in zip(
        stages_agree_as_layers_do(turned, STAGES).parts, stages_agree_as_layers_do(matrices, STAGES).parts, strict=True
    ):
        assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_layers_may_come_in_any_order():
    order = np.random.default_rng(0).permutation(6)
    matrices = noisy(BLOCKS, 0.1)
    again = matrices[:, order][:, :, order]
    there = stages_agree_as_layers_do(matrices, STAGES)
    assert stages_agree_as_layers_do(again, np.array(STAGES)[order]).effect == pytest.approx(there.effect)


def test_stages_agree_as_layers_do():
    assert stages_agree_as_layers_do(noisy(BLOCKS), STAGES).verdict == "confirmed"
    assert stages_agree_as_layers_do(noisy(DIAGONAL), STAGES).verdict == "refuted"
    assert stages_agree_as_layers_do([FLAT] * 3, STAGES).verdict == "refuted"
    assert stages_agree_as_layers_do([BLOCKS, BLOCKS, DIAGONAL], STAGES).verdict == "undecided"
    assert stages_agree_as_layers_do([BLOCKS], STAGES).verdict == "undecided"


def test_parts_equal_loops():
    matrices = np.random.default_rng(3).uniform(size=(3, 6, 6))
    alike, apart, own = [], [], []
    for matrix in matrices:
        for layer in range(1, 6):  # the input is alone in its stage
            others = [other for other in range(6) if other != layer]
            inside = [o for o in others if STAGES[o] == STAGES[layer]]
            outside = [o for o in others if STAGES[o] != STAGES[layer]]
            alike.append(np.mean([[matrix[layer, o], matrix[o, layer]] for o in inside]))
            apart.append(np.mean([[matrix[layer, o], matrix[o, layer]] for o in outside]))
            own.append(matrix[layer, layer])
    excess, block = stages_agree_as_layers_do(matrices, STAGES).parts
    assert excess.effect == pytest.approx(np.mean(own) - np.mean(alike))
    assert block.effect == pytest.approx(np.mean(alike) - np.mean(apart))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: corresponding_layers_agree_best(DIAGONAL), r"shape \(6, 6\)"),
        (lambda: corresponding_layers_agree_best(np.ones((3, 1, 1))), r"shape \(3, 1, 1\)"),
        (lambda: corresponding_layers_agree_best(np.full((3, 2, 2), np.nan)), "layers 0 and 0 of pair 0 is not finite"),
        (lambda: corresponding_layers_agree_best([DIAGONAL] * 2), "not all pairs"),
        (lambda: stages_agree_as_layers_do([BLOCKS] * 3, STAGES[:5]), "5 entries for 6"),
        (lambda: stages_agree_as_layers_do([BLOCKS] * 3, ["one"] * 6), "1 stages of 6 layers"),
        (lambda: stages_agree_as_layers_do([BLOCKS] * 3, list("abcdef")), "6 stages of 6 layers"),
    ],
)
def test_named_errors(call, message):
    with pytest.raises(ArrayError, match=message):
        call()
