"""Claims that two measures, or several seeds, tell the same story along depth."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from nucleate.errors import ArrayError
from nucleate.studies.claims._alignment import at_least_layers, same_layers, same_repetitions
from nucleate.studies.claims._intervals import difference_of_pairs, mean_of, mean_of_pairs
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide

_PAIRS = "pairs of seeds"


def measures_agree(a: LayerProfile, b: LayerProfile, *, at_least: float = 0.8) -> Finding:
    """Whether two measures of the same networks rank the layers alike (A, Fig. C.1: AMI and purity).

    Effect: Spearman's correlation of the two across layers, in each repetition. Confirmed when its mean lies above
    `at_least`; 0.8 is what is usually called a very strong correlation. Refuted when the whole interval lies below.

    Raises
    ------
    ArrayError
        When the two differ in layers or repetitions, have fewer than three layers, or one is the same at every layer
        of a repetition: then there is no rank to compare.

    Examples
    --------
    >>> layers, depths = ("a", "b", "c"), np.array([0, 0.5, 1])
    >>> ami = LayerProfile("AMI", layers, depths, np.array([[0.1, 0.2, 0.3], [0.1, 0.4, 0.2]]))
    >>> purity = LayerProfile("purity", layers, depths, np.array([[0.3, 0.5, 0.6], [0.3, 0.7, 0.5]]))
    >>> measures_agree(ami, purity).verdict
    'confirmed'
    """
    same_layers(a, b)
    at_least_layers(a, 3)
    same_repetitions(a, b)
    for profile in (a, b):
        constant = np.flatnonzero(np.ptp(profile.values, axis=1) == 0)
        if len(constant):
            raise ArrayError(f"{profile.name} is the same at every layer of repetition {constant[0]}", "Leave it out")
    correlations = [spearmanr(one, other).statistic for one, other in zip(a.values, b.values, strict=True)]
    what = f"The Spearman correlation of {a.name} and {b.name} across {len(a.layers)} layers"
    estimate = mean_of(correlations).clipped(-1, 1)
    return decide(estimate, "above", at_least, what=what, unit="Spearman correlation", of=a.repetitions)


def spread_between_seeds(profile: LayerProfile) -> Float[np.ndarray, " pairs"]:
    r"""For each pair of seeds, how far their profiles lie apart, relative to how much the profile changes with depth.

    .. math:: \frac{\frac1L \sum_l |v^i_l - v^j_l|}{\max_l \bar v_l - \min_l \bar v_l}

    Returns
    -------
    float64, (pairs,)
        In the order of ``itertools.combinations``; empty for a single seed.

    Raises
    ------
    ArrayError
        When the mean profile is the same at every layer.

    Examples
    --------
    >>> spread_between_seeds(LayerProfile("AMI", ("a", "b"), np.array([0, 1]), np.array([[0.0, 1.0], [0.5, 1.5]])))
    array([0.5])
    """
    scale = np.ptp(profile.mean)
    if scale == 0:
        raise ArrayError(f"{profile.name} is the same at every layer", "Nothing measures the spread of its seeds")
    distances = [np.abs(one - other).mean() for one, other in combinations(profile.values, 2)]
    return np.array(distances, np.float64) / scale


def seeds_agree(profile: LayerProfile, *, below: float = 0.2) -> Finding:
    """Whether seeds give the same profile (A, Figs 8 and H.1-H.3, upper rows: AMI).

    Effect: mean over pairs of seeds of `spread_between_seeds`, with an interval that knows that pairs share seeds:
    three seeds at least. Confirmed below a fifth of the profile's own range: then the curve, not the seed, is what one
    sees. Refuted when the whole interval lies at or above it.

    Raises
    ------
    ArrayError
        When there is a single seed, or the mean profile is the same at every layer.

    Examples
    --------
    >>> values = np.array([[0.1, 0.5], [0.11, 0.5], [0.1, 0.51]])
    >>> seeds_agree(LayerProfile("AMI", ("a", "b"), np.array([0, 1]), values)).verdict
    'confirmed'
    """
    if len(profile.values) < 2:
        raise ArrayError(f"{profile.name} has {len(profile.values)} seeds", "Train at least two, better three")
    what = f"The distance between seeds of {profile.name}, as a share of its range across layers,"
    estimate = mean_of_pairs(spread_between_seeds(profile)).clipped(0, np.inf)
    return decide(estimate, "below", below, what=what, unit="share of its range", of=_PAIRS)


def clusters_differ(ari: LayerProfile, *, below: float = 0.5) -> Finding:
    """Whether seeds find different clusters (A, Figs 8 and H.1-H.3, lower rows).

    Effect: ARI between two seeds' clusters, mean over layers and pairs of seeds. Confirmed below `below`: at 0.5 the
    partitions are as near to independence as to identity. Refuted when the whole interval lies at or above it.

    Parameters
    ----------
    ari : LayerProfile
        A row for each pair of seeds, in the order of ``itertools.combinations``.
    below : float

    Raises
    ------
    ArrayError
        When the rows are not all pairs of some number of seeds.
    """
    what = f"{ari.name}, mean over {len(ari.layers)} layers,"
    estimate = mean_of_pairs(ari.values.mean(axis=1)).clipped(-1, 1)
    return decide(estimate, "below", below, what=what, unit="ARI", of=_PAIRS)


def seeds_agree_in_score_only(ami: LayerProfile, ari: LayerProfile) -> Finding:
    """Whether seeds agree in score but not in clusters (A, Fig. 8): `seeds_agree` and `clusters_differ`.

    Parameters
    ----------
    ami : LayerProfile
        A row for each of S seeds.
    ari : LayerProfile
        A row for each of their S (S - 1) / 2 pairs.

    Raises
    ------
    ArrayError
        As these two, or when the rows of `ari` are not the pairs of the rows of `ami`.
    """
    same_layers(ami, ari)
    seeds = len(ami.values)
    if len(ari.values) != seeds * (seeds - 1) // 2:
        raise ArrayError(
            f"{ari.name} has {len(ari.values)} rows for {seeds} seeds", "Pass a row for each pair of seeds"
        )
    return all_of([seeds_agree(ami), clusters_differ(ari)], f"Seeds agree in {ami.name} but not in their clusters")


def clusters_differ_more(a: LayerProfile, b: LayerProfile, *, by: float = 0.02) -> Finding:
    """Whether seeds of `a` differ more in their clusters than seeds of `b` (A, Fig. 8: natural, shuffled hierarchies).

    Effect: ARI between seeds, mean over layers and pairs, of `b` minus of `a`. Confirmed above `by`, refuted when the
    seeds of `a` agree as well as those of `b`.

    Parameters
    ----------
    a, b : LayerProfile
        A row for each pair of seeds, in the order of ``itertools.combinations``.
    by : float

    Raises
    ------
    ArrayError
        When the two differ in layers, or rows are not all pairs of some number of seeds.
    """
    same_layers(a, b)
    what = f"{b.name} minus {a.name}, mean over {len(a.layers)} layers,"
    estimate = difference_of_pairs(b.values.mean(axis=1), a.values.mean(axis=1)).clipped(-2, 2)
    return decide(estimate, "above", by, what=what, unit="ARI", of=_PAIRS)
