"""The claim that a profile has the same trend whatever it is measured with (Doimo et al. 2020, Figure A.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from nucleate.studies.claims._alignment import at_least_layers, same_layers
from nucleate.studies.claims._intervals import mean_of
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._verdicts import Finding, all_of, decide


def trend_correlations(profile: LayerProfile, other: LayerProfile) -> Float[np.ndarray, " repetitions"]:
    """Spearman's correlation of two profiles across layers, in each repetition.

    Where both are the same at every layer it is 1, where one of them is it is 0.

    Raises
    ------
    ArrayError
        When the two differ in layers, or have fewer than three.

    Examples
    --------
    >>> layers, depths = ("a", "b", "c"), np.array([0.0, 0.5, 1.0])
    >>> rising = LayerProfile("k = 3", layers, depths, np.array([[0.1, 0.2, 0.3], [1.0, 1.0, 1.0]]))
    >>> trend_correlations(rising, rising).tolist()
    [1.0, 1.0]
    """
    same_layers(profile, other)
    at_least_layers(profile, 3)
    pairs = zip(profile.values, other.values, strict=True)
    return np.array([_correlation(one, another) for one, another in pairs])


def trends_agree(profiles: Sequence[LayerProfile], usual: LayerProfile, *, at_least: float = 0.8) -> Finding:
    """Whether several profiles rank the layers as a usual one does.

    Conjunction over the profiles: the mean of `trend_correlations` with the usual one is above `at_least`; 0.8 is what
    is usually called a very strong correlation.

    Raises
    ------
    ArrayError
        As `trend_correlations`.
    """
    parts = [correlates(trend_correlations(profile, usual), profile.name, at_least, profile.repetitions)
             for profile in profiles]  # fmt: skip
    return all_of(parts, f"Trends are that of {usual.name}")


def correlates(correlations: Float[np.ndarray, " n"], name: str, at_least: float, of: str) -> Finding:
    """Whether the mean of some correlations of trends is above a bound."""
    what = f"The correlation of {name} along depth"
    return decide(mean_of(correlations).clipped(-1, 1), "above", at_least, what=what, unit="correlation", of=of)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    constant = (float(np.ptp(one)) == 0, float(np.ptp(other)) == 0)
    return float(all(constant)) if any(constant) else float(spearmanr(one, other).statistic)
