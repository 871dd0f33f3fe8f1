import numpy as np
import pytest

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims import (
    differs_most_near_output,
    drops_only_at_end,
    lies_above,
    lies_above_most_near_output,
    lies_closer,
    lies_on,
    lifts_middle,
    lifts_middle_more,
)
from nucleate.studies.claims._alignment import after, among, on_shared_depths
from support.layer_profiles import around, profile, wide

FLAT, LOWER = [0.3] * 9, [0.1] * 9
RISING = np.linspace(0.1, 0.5, 9)
LATE = [0.3] * 6 + [0.5] * 3
DROP = [0.3] * 7 + [0.1] * 2
HUMP = [0.3] * 3 + [0.5] * 3 + [0.3] * 3


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize(
    ("claim", "true", "false"),
    [
        (lies_above, (FLAT, LOWER), (LOWER, FLAT)),
        (differs_most_near_output, (LATE, FLAT), (FLAT, LATE)),
        (differs_most_near_output, (LATE, FLAT), (FLAT, LOWER)),
        (lies_above_most_near_output, (LATE, LOWER), (FLAT, LOWER)),
        (lies_on, (FLAT, FLAT), (FLAT, LOWER)),
        (lies_on, (RISING, RISING), (RISING, RISING[::-1])),
        (drops_only_at_end, (DROP, FLAT), (FLAT, FLAT)),
        (drops_only_at_end, (DROP, FLAT), (LOWER, FLAT)),
        (lifts_middle, (HUMP, FLAT), (FLAT, HUMP)),
        (lifts_middle, (HUMP, LOWER), (FLAT, LOWER)),
    ],
)
def test_true_false_and_undecided(claim, true, false, paired):
    a, b = true
    assert claim(around(a, noise=0.003), around(b, noise=0.003, seed=1), paired=paired).verdict == "confirmed"
    a, b = false
    # Some are false by no difference at all, which only repetitions without noise can decide.
    assert claim(profile([a, a]), profile([b, b]), paired=paired).verdict == "refuted"
    assert claim(wide(a), around(b, seeds=2), paired=paired).verdict == "undecided"
    assert claim(profile([true[0]]), profile([true[1]]), paired=paired).verdict == "undecided"


def test_effects_by_hand():
    a, b = profile([[0.2, 0.4, 0.9], [0.4, 0.4, 0.9]], "a"), profile([[0.1, 0.1, 0.1], [0.1, 0.1, 0.1]], "b")
    assert lies_above(a, b).effect == pytest.approx((0.2 + 0.3 + 0.8) / 3)
    assert differs_most_near_output(a, b).effect == pytest.approx(0.8 - 0.25)
    assert lies_on(a, profile([[0.4, 0.3, 1.0]] * 2)).effect == pytest.approx((0.1 + 0.1 + 0.1) / 3)
    finding = lies_above(a, b, unit="AMI", by=0.05)
    assert (finding.unit, finding.threshold) == ("AMI", 0.05)
    assert finding.told.startswith("a minus b, mean over 3 layers, is 0.433 AMI (")


def test_pairs_see_through_what_networks_share():
    seeds = np.array([[0.0], [0.2], [0.4]])
    a, b = profile(seeds + np.array([0.15, 0.15])), profile(seeds + np.array([0.1, 0.101]))
    assert lies_above(a, b, paired=True).verdict == "confirmed"
    assert lies_above(a, b).verdict == "undecided"
    order = [2, 0, 1]
    assert lies_above(profile(a.values[order]), profile(b.values[order]), paired=True).low == pytest.approx(
        lies_above(a, b, paired=True).low
    )


def test_one_network_on_one_side():
    assert lies_above(around(FLAT), profile([LOWER])).verdict == "confirmed"


def test_exchanging_profiles_turns_the_gap():
    a, b = around(RISING, seed=3), around(FLAT, seed=4)
    there, back = lies_above(a, b), lies_above(b, a)
    assert (there.effect, there.low, there.high) == pytest.approx((-back.effect, -back.high, -back.low))
    assert lies_on(a, b).effect == pytest.approx(lies_on(b, a).effect)


@pytest.mark.parametrize("layers", [16, 100])
def test_noise_alone_hardly_ever_refutes_equality(layers):
    random = np.random.default_rng(0)
    depths = np.linspace(0, 1, layers)
    names = "".join(chr(200 + layer) for layer in range(layers))

    def draw():
        return profile(random.normal(0, 0.1, (3, layers)), layers=names, depths=depths)

    verdicts = [lies_on(draw(), draw(), paired=paired).verdict for paired in [False, True] * 150]
    assert verdicts.count("refuted") <= 0.025 * len(verdicts)
    assert "confirmed" not in verdicts


def test_networks_of_different_depth():
    short = profile([[0.0, 1.0, 2.0]] * 2, "short")
    long = profile([np.linspace(0, 2, 7) + 0.5] * 2, "long")
    assert lies_above(long, short).effect == pytest.approx(0.5)
    assert lies_above(short, long).effect == pytest.approx(-0.5)
    for one, other in [(short, long), (long, short)]:
        first, second = on_shared_depths(one, other)
        assert first.layers == second.layers == short.layers
        assert (first.name, second.name) == (one.name, other.name)


def test_only_shared_depths_are_compared():
    whole = profile([[0.0, 1.0, 2.0, 3.0, 4.0]] * 2)
    part = profile([[2.0, 9.0, 9.0]] * 2, layers="xyz", depths=[0.5, 1.2, 1.4])
    first, second = on_shared_depths(whole, part)
    assert second.layers == ("x",)
    assert first.values.tolist() == [[2.0]] * 2
    with pytest.raises(ArrayError, match="share no depths"):
        on_shared_depths(whole, profile([[1.0]], layers="x", depths=[1.5]))


def test_lifts_middle_more_than_another():
    base, more, less = around(LOWER), around(HUMP, seed=1), around(np.array(HUMP) - 0.1, seed=2)
    assert lifts_middle_more(more, less, base).verdict == "confirmed"
    assert lifts_middle_more(less, more, base).verdict == "refuted"
    assert lifts_middle_more(around(LOWER, seed=3), wide(LOWER), around(HUMP)).verdict == "refuted"
    assert lifts_middle_more(wide(HUMP), less, base).verdict == "undecided"
    with pytest.raises(ArrayError, match="different layers"):
        lifts_middle_more(more, less, profile([[0.1, 0.2]]))


def test_lies_closer():
    target, near, far = around(RISING), around(RISING + 0.03, "near", seed=1), around(RISING[::-1], "far", seed=2)
    assert lies_closer(near, far, target).verdict == "confirmed"
    assert lies_closer(far, near, target).verdict == "refuted"
    assert lies_closer(wide(RISING), around(FLAT, seeds=2), around(RISING, seeds=2)).verdict != "confirmed"
    assert lies_closer(profile([RISING]), profile([FLAT]), profile([RISING])).verdict == "undecided"
    exact = lies_closer(profile([[0.1, 0.2]] * 2), profile([[0.5, 0.0]] * 2), profile([[0.1, 0.1]] * 2))
    assert exact.effect == pytest.approx((0.4 + 0.1) / 2 - 0.05)
    with pytest.raises(ArrayError, match="3 and 2 repetitions"):
        lies_closer(near, around(FLAT, seeds=2), target)


def test_parts_of_the_depth():
    thirds = profile([[0.0] * 4])
    for depth in (2 / 3, 1 - 1 / 3):  # which are not the same number
        assert after(thirds, depth).tolist() == [False, False, True, True]
    assert among(thirds, 1 / 3, 2 / 3).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lies_above(around(FLAT), around(LOWER, seeds=2), paired=True), ArrayError, "cannot be paired"),
        (lambda: differs_most_near_output(profile([[1.0]]), profile([[1.0]])), ArrayError, "no layer lies at or after"),
        (lambda: drops_only_at_end(around(FLAT), around(FLAT), last=1.5), UsageError, "no depth inside"),
        (lambda: lifts_middle(around(FLAT), around(FLAT), middle=(0.6, 0.4)), UsageError, "no range of depth"),
        (lambda: lifts_middle(around(FLAT), around(FLAT), middle=(0, 1)), ArrayError, "every layer lies between"),
        (lambda: lies_on(around(FLAT), around(FLAT), tolerance=-1), UsageError, "threshold is -1"),
    ],
)
def test_named_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
