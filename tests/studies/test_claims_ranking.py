import math

import numpy as np
import pytest
from scipy.stats import ttest_rel

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import helps_only_here, is_not_best, is_worst

SETS = np.array([0.2, 0.5, 0.8, 0.4])  # how easy four data sets are
SCORES = {
    "squared error": SETS - np.array([0.10, 0.11, 0.09, 0.10]),
    "softmax": SETS,
    "sigmoid": SETS + np.array([0.10, 0.11, 0.09, 0.10]),
    "dropout": SETS + np.array([0.3, -0.3, 0.2, -0.1]),
}


def test_is_not_best():
    assert is_not_best(SCORES, "softmax").verdict == "confirmed"
    clear = {name: SCORES[name] for name in ("squared error", "softmax", "sigmoid")}
    assert is_not_best(clear, "sigmoid").verdict == "refuted"
    assert is_not_best(SCORES, "sigmoid").verdict == "undecided"
    assert is_not_best({"a": [0.5], "b": [0.1]}, "a").verdict == "undecided"
    assert is_not_best(SCORES, "softmax").told.startswith("softmax is not the best of 4: ")


def test_is_worst():
    clear = {name: SCORES[name] for name in ("squared error", "softmax", "sigmoid")}
    assert is_worst(clear, "squared error").verdict == "confirmed"
    assert is_worst(clear, "softmax").verdict == "refuted"
    assert is_worst(SCORES, "squared error").verdict == "undecided"
    assert is_worst(clear, "squared error", by=0.15).verdict == "refuted"


def test_intervals_are_bonferronis():
    part = is_not_best(SCORES, "softmax").parts[-1]
    expected = ttest_rel(SCORES["dropout"], SCORES["softmax"]).confidence_interval(1 - 0.05 / 3)
    assert (part.low, part.high) == pytest.approx((expected.low, expected.high))
    assert part.confidence == pytest.approx(1 - 0.05 / 3)
    assert "98.3 % confidence" in part.told


def test_many_equal_conditions_rarely_beat_one():
    random = np.random.default_rng(0)
    found = [
        is_not_best({str(name): random.normal(size=4) for name in range(10)}, "0").verdict == "confirmed"
        for _ in range(300)
    ]
    assert np.mean(found) <= 0.05


def test_easy_data_sets_do_not_matter():
    shifted = {name: values + 10 * SETS for name, values in SCORES.items()}
    assert is_worst(shifted, "squared error").effect == pytest.approx(is_worst(SCORES, "squared error").effect)


def test_helps_only_here():
    assert helps_only_here([0.10, 0.11, 0.12], [0.0, 0.01, 0.0]).verdict == "confirmed"
    assert helps_only_here([0.0, 0.01, 0.0], [0.0, 0.01, 0.0]).verdict == "refuted"
    assert helps_only_here([0.10, 0.11, 0.12], [0.10, 0.11]).verdict == "refuted"
    assert helps_only_here([0.10, 0.11, 0.12], [-0.3, 0.4]).verdict == "undecided"
    assert helps_only_here([0.10], [0.0]).verdict == "undecided"


@pytest.mark.parametrize(
    ("scores", "name", "error", "message"),
    [
        (SCORES, "hinge", UsageError, "'hinge' among squared error, softmax"),
        ({"softmax": SETS}, "softmax", UsageError, "at least two conditions"),
        ({}, "softmax", UsageError, "no conditions"),
        ({"a": [1, 2], "b": [1, 2, 3]}, "a", ArrayError, "b has 3 repetitions, a has 2"),
        ({"a": [1, 2], "b": [1, math.nan]}, "a", ArrayError, "b is nan in repetition 1"),
    ],
)
def test_named_errors(scores, name, error, message):
    for claim in (is_not_best, is_worst):
        with pytest.raises(error, match=message):
            claim(scores, name)
