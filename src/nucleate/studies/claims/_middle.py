"""Claims that one condition lifts the middle layers of a network."""

from __future__ import annotations

from nucleate.studies.claims._alignment import among, contrast, number_of, on_shared_depths, same_layers
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide


def lifts_middle(
    a: LayerProfile,
    base: LayerProfile,
    *,
    by: float = 0.02,
    middle: tuple[float, float] = (1 / 3, 2 / 3),
    paired: bool = False,
    unit: str = "score",
) -> Finding:
    """Whether `a` lifts the middle layers above `base`, more than the others (A, Fig. 7: normalisation in VGG).

    Conjunction: the mean of a - base over the layers between the two depths of `middle` is above `by`, and above its
    mean over all other layers.

    Raises
    ------
    ArrayError
        As `lies_above`, and when no layer lies inside or outside.
    """
    first, second = on_shared_depths(a, base)
    inside = among(first, *middle)
    weights = inside / inside.sum()
    against = weights - ~inside / (~inside).sum()
    gap = f"{a.name} minus {base.name} over {number_of(inside)} in the middle"
    lift = contrast(first.values @ weights, second.values @ weights, paired=paired)
    excess = contrast(first.values @ against, second.values @ against, paired=paired)
    parts = [
        decide(lift, "above", by, what=gap, unit=unit, of=a.repetitions),
        decide(excess, "above", 0, what=f"{gap}, minus the same over the others,", unit=unit, of=a.repetitions),
    ]
    return all_of(parts, f"{a.name} lifts the middle layers above {base.name}")


def lifts_middle_more(
    a: LayerProfile,
    b: LayerProfile,
    base: LayerProfile,
    *,
    by: float = 0.02,
    middle: tuple[float, float] = (1 / 3, 2 / 3),
    unit: str = "score",
) -> Finding:
    """Whether `a` lifts the middle layers of `base` more than `b` does (A, Fig. 7: batch norm, layer norm).

    Conjunction: over the layers between the two depths of `middle`, the mean of a - base is above `by`, and so is that
    of (a - base) - (b - base) = a - b. Groups are independent: other networks, other seeds.

    Raises
    ------
    ArrayError
        When the three profiles are not of the same layers, or as `lifts_middle`.
    """
    same_layers(a, b, base)
    inside = among(a, *middle)
    middles = [profile.values[:, inside].mean(axis=1) for profile in (a, b, base)]
    where = f"over {number_of(inside)} in the middle"
    lift, excess = contrast(middles[0], middles[2], paired=False), contrast(middles[0], middles[1], paired=False)
    parts = [
        decide(lift, "above", by, what=f"{a.name} minus {base.name} {where}", unit=unit, of=a.repetitions),
        decide(excess, "above", by, what=f"{a.name} minus {b.name} {where}", unit=unit, of=a.repetitions),
    ]
    return all_of(parts, f"{a.name} lifts the middle layers of {base.name} more than {b.name} does")
