"""Claims about where along depth seeds find the same clusters."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from nucleate.errors import ArrayError
from nucleate.studies.claims._alignment import after, among, at_least_layers, same_layers
from nucleate.studies.claims._intervals import difference_of_pairs, mean_of_pairs
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide

ARI = "ARI"


def agree_more_near_output(a: LayerProfile, b: LayerProfile, *, by: float = 0.02, last: float = 1 / 3) -> Finding:
    """Whether seeds of `a` agree more than seeds of `b`, most near the output (A, Figs 8 and H.1: shuffled, natural).

    Effect: the mean of a - b over the `last` part of the depth, minus its mean over the layers before. Confirmed above
    `by`, refuted when the gap is as wide, or wider, before.

    Parameters
    ----------
    a, b : LayerProfile
        A row for each pair of seeds, in the order of ``itertools.combinations``.
    by, last : float

    Raises
    ------
    ArrayError
        When the two differ in layers, rows are not all pairs of seeds, or no layer lies in either part.
    """
    same_layers(a, b)
    late = after(a, 1 - last)
    weights = np.where(late, 1 / late.sum(), -1 / (~late).sum())
    estimate = difference_of_pairs(a.values @ weights, b.values @ weights)
    what = f"{a.name} minus {b.name} in the last third of the layers, minus the same before,"
    return decide(estimate, "above", by, what=what, unit=ARI, of=a.repetitions)


def agree_where_score_is_high(ari: LayerProfile, score: LayerProfile, *, above: float = 0.5) -> Finding:
    """Whether seeds agree at the layers where a score of theirs is high (A, Fig. 8: AMI, shuffled).

    Effect: Spearman's correlation across layers of a pair's ARI with the mean score of its two seeds. Confirmed above
    `above`, what is usually called a strong correlation.

    Parameters
    ----------
    ari : LayerProfile
        A row for each pair of seeds, in the order of ``itertools.combinations``.
    score : LayerProfile
        A row for each seed.
    above : float

    Raises
    ------
    ArrayError
        When the two differ in layers, there are fewer than three, rows do not fit, or one is the same everywhere.
    """
    same_layers(ari, score)
    at_least_layers(ari, 3)
    left, right = np.triu_indices(len(score.values), 1)
    if len(left) != len(ari.values):
        raise ArrayError(f"{ari.name} has {len(ari.values)} rows for {len(score.values)} seeds", "Pass one per pair")
    means = (score.values[left] + score.values[right]) / 2
    if (np.ptp(ari.values, axis=1) == 0).any() or (np.ptp(means, axis=1) == 0).any():
        raise ArrayError(f"{ari.name} or {score.name} is the same at every layer", "There is no rank to compare")
    found = [spearmanr(one, other).statistic for one, other in zip(ari.values, means, strict=True)]
    what = f"The Spearman correlation of {ari.name} with {score.name} across {len(ari.layers)} layers"
    return decide(mean_of_pairs(found).clipped(-1, 1), "above", above, what=what, of=ari.repetitions)


def agree_most_early(ari: LayerProfile, *, before: float = 1 / 3) -> Finding:
    """Whether seeds agree most in the first part of the depth (A, Figs 8 and H.2: VGG).

    Effect: the depth of the highest ARI of each pair. Confirmed below `before`.

    Raises
    ------
    ArrayError
        When rows are not all pairs of seeds.
    """
    depths = np.asarray(ari.depths)[ari.values.argmax(axis=1)]
    estimate = mean_of_pairs(depths).clipped(0, 1)
    what = f"The depth at which {ari.name} is highest"
    return decide(estimate, "below", before, what=what, of=ari.repetitions)


def agree_at_both_ends(ari: LayerProfile, *, by: float = 0.02) -> Finding:
    """Whether seeds agree more at the start and at the end than in between (A, Figs H.1 and H.3: ResNet).

    Conjunction: the mean ARI over the first third of the depth, and that over the last, each minus that over the middle
    third, are above `by`.

    Raises
    ------
    ArrayError
        When rows are not all pairs of seeds, or a third has no layer.
    """
    middle, late = among(ari, 1 / 3, 2 / 3), after(ari, 2 / 3)
    late &= ~middle
    early = ~(middle | late)
    if not early.any() or not late.any():
        raise ArrayError(f"{ari.name} has no layer in the first or the last third", "Measure layers in all thirds")
    between = ari.values[:, middle].mean(axis=1)
    parts = [
        decide(mean_of_pairs(ari.values[:, end].mean(axis=1) - between), "above", by,
               what=f"{ari.name} in the {name} third of the layers minus in the middle", unit=ARI, of=ari.repetitions)
        for name, end in (("first", early), ("last", late))
    ]  # fmt: skip
    return all_of(parts, "Seeds agree more at both ends than in between")
