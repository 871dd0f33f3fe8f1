"""Claims that a dendrogram of classes mirrors their taxonomy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial.distance import squareform

from nucleate.arrays import as_codes
from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims._intervals import Estimate, as_effects
from nucleate.studies.claims._verdicts import Finding, decide, number


def taxonomy_correlation(cophenetic: Any, groups: Any) -> float:
    """Correlation of cophenetic distances with the taxonomy: 0 within a group, 1 between groups.

    Pearson's correlation over all pairs of classes (Mantel's statistic): 1 when every pair of a group is joined at one
    height and every other pair at a greater one, 0 when groups do not matter.

    Parameters
    ----------
    cophenetic : (classes * (classes - 1) / 2,)
        Condensed, as from `scipy.cluster.hierarchy.cophenet`.
    groups : (classes,)
        The superclass of each class.

    Raises
    ------
    ArrayError
        When the two do not fit, distances are all equal or not finite, or no pair lies within, or between groups.

    Examples
    --------
    >>> round(taxonomy_correlation([1.0, 2.0, 2.0, 2.0, 2.0, 1.0], ["dog", "dog", "bird", "bird"]), 9)
    1.0
    """
    distances, apart = _checked(cophenetic, groups)
    left, right = np.triu_indices(len(distances), 1)
    return _correlation(distances[left, right], apart[left, right])


def mirrors_taxonomy(
    cophenetic: Any, groups: Any, *, at_least: float = 0.2, seed: int = 0, draws: int = 2000
) -> Finding:
    """Whether a dendrogram of classes mirrors their superclasses (B, Fig. 4c).

    Effect: `taxonomy_correlation`. Its interval comes from drawing classes with replacement, pairs of one class with
    itself left out (95 % percentile bootstrap). Confirmed above `at_least` (0.2: groups explain a twenty-fifth of the
    variance of distances), provided that groups dealt to the classes at random reach the effect with a probability of
    at most 2.5 %: the bootstrap alone does not know that one tree ties all distances. Refuted when the whole interval
    lies at or below.

    Parameters
    ----------
    cophenetic : (classes * (classes - 1) / 2,)
    groups : (classes,)
    at_least : float
    seed : int
        Of the draws.
    draws : int
        Bootstrap draws, and permutations.

    Raises
    ------
    ArrayError
        As `taxonomy_correlation`.
    UsageError
        When there are fewer than 100 draws.

    Notes
    -----
    Time O(draws * classes²).

    References
    ----------
    N. Mantel, "The detection of disease clustering and a generalized regression approach", Cancer Research 27, 1967.

    Examples
    --------
    >>> animals = np.repeat(["dog", "bird", "fish"], 4)
    >>> joined = np.where(animals[:, None] == animals, 1.0, 2.0)[np.triu_indices(12, 1)]
    >>> mirrors_taxonomy(joined, animals).verdict
    'confirmed'
    """
    if draws < 100:
        raise UsageError(f"draws={draws}", "Choose at least 100")
    effect = taxonomy_correlation(cophenetic, groups)
    distances, apart = _checked(cophenetic, groups)
    generator = np.random.default_rng(seed)
    estimate = _bootstrap(distances, apart, effect, draws=draws, generator=generator)
    chance = _permutation_probability(distances, apart, effect, draws=draws, generator=generator)
    what = f"The correlation of cophenetic distances with the taxonomy (reached by chance with p = {number(chance)})"
    finding = decide(estimate, "above", at_least, what=what, unit="correlation", of="classes")
    by_chance = finding.verdict == "confirmed" and chance > 0.025
    return replace(finding, verdict="undecided") if by_chance else finding


def _checked(
    cophenetic: Any, groups: Any
) -> tuple[Float[np.ndarray, "classes classes"], Bool[np.ndarray, "classes classes"]]:
    condensed = as_effects(cophenetic, name="cophenetic")
    codes: Int[np.ndarray, " classes"] = as_codes(groups, name="groups")
    if len(condensed) != len(codes) * (len(codes) - 1) // 2:
        raise ArrayError(
            f"{len(condensed)} distances for {len(codes)} classes", "Pass condensed distances, one for each pair"
        )
    apart = codes[:, None] != codes
    between = int(apart.sum()) // 2
    if between in (0, len(condensed)) or np.ptp(condensed) == 0:
        raise ArrayError(
            f"{between} of {len(condensed)} pairs lie between groups, distances range from {condensed.min():g} to "
            f"{condensed.max():g}", "Pass pairs within and between groups, and distances that differ",
        )  # fmt: skip
    return squareform(condensed, checks=False), apart


def _correlation(distances: Float[np.ndarray, " pairs"], apart: Bool[np.ndarray, " pairs"]) -> float:
    """Pearson's correlation; NaN where it is not defined, in a draw that holds one kind of pairs only."""
    if apart.all() or not apart.any() or np.ptp(distances) == 0:
        return float("nan")
    return float(np.corrcoef(distances, apart)[0, 1])


def _bootstrap(
    distances: Float[np.ndarray, "classes classes"],
    apart: Bool[np.ndarray, "classes classes"],
    effect: float,
    *,
    draws: int,
    generator: np.random.Generator,
) -> Estimate:
    classes = len(distances)
    left, right = np.triu_indices(classes, 1)
    drawn = np.empty(draws)
    for draw in range(draws):
        chosen = generator.integers(classes, size=classes)
        row, column = chosen[left], chosen[right]
        distinct = row != column
        row, column = row[distinct], column[distinct]
        drawn[draw] = _correlation(distances[row, column], apart[row, column]) if len(row) else np.nan
    defined = drawn[~np.isnan(drawn)]
    # Too few classes: draws that cannot be judged would be left out of the interval, and it would be too narrow.
    if len(defined) < 0.95 * draws:
        return Estimate(effect, None, None, (classes,))
    low, high = np.quantile(defined, [0.025, 0.975])
    return Estimate(effect, float(low), float(high), (classes,))


def _permutation_probability(
    distances: Float[np.ndarray, "classes classes"],
    apart: Bool[np.ndarray, "classes classes"],
    effect: float,
    *,
    draws: int,
    generator: np.random.Generator,
) -> float:
    left, right = np.triu_indices(len(distances), 1)
    condensed = distances[left, right]
    reached = 0
    for _ in range(draws):
        order = generator.permutation(len(distances))
        # Rounding must not hide a permutation that deals the same groups again.
        reached += _correlation(condensed, apart[order[left], order[right]]) >= effect - 1e-12
    return (reached + 1) / (draws + 1)
