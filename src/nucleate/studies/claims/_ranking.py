"""Claims about which of several conditions is best or worst, and where a condition helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims._intervals import as_effects, mean_of
from nucleate.studies.claims._verdicts import Finding, all_of, any_of, decide, exceeds, falls_below


def is_not_best(
    scores: Mapping[str, Any], name: str, *, by: float = 0.0, unit: str = "score", of: str = "data sets"
) -> Finding:
    """Whether some other condition scores higher than the named one (A, Fig. 6: softmax).

    Effect: the score of the other condition minus that of the named one, paired by repetition. As each of m others is a
    chance to be confirmed, intervals have a confidence of 1 - 0.05/m (Bonferroni). Confirmed when one of them lies
    above `by`, refuted when all lie at or below.

    Parameters
    ----------
    scores : mapping of str to (repetitions,)
        For each condition, a score in each of the same repetitions.
    name : str
    by : float
        0: any difference that is not chance makes another one better.
    unit, of : str

    Raises
    ------
    UsageError
        When the condition is unknown or the only one.
    ArrayError
        When conditions differ in repetitions, or a score is not finite.

    Examples
    --------
    >>> is_not_best({"softmax": [0.3, 0.5, 0.4], "sigmoid": [0.4, 0.61, 0.5]}, "softmax").verdict
    'confirmed'
    """
    differences = _others_minus(scores, name)
    confidence = 1 - 0.05 / len(differences)
    parts = [
        decide(mean_of(effects, confidence=confidence), "above", by, what=f"{other} minus {name}", unit=unit, of=of)
        for other, effects in differences.items()
    ]
    return any_of(parts, f"{name} is not the best of {len(scores)}")


def is_worst(
    scores: Mapping[str, Any], name: str, *, by: float = 0.0, unit: str = "score", of: str = "data sets"
) -> Finding:
    """Whether every other condition scores higher than the named one (A, Figs 5 and 6: squared error).

    Effect: the score of each other condition minus that of the named one, paired by repetition. Confirmed when all lie
    above `by`, refuted when one lies at or below.

    Parameters
    ----------
    scores : mapping of str to (repetitions,)
    name : str
    by : float
    unit, of : str

    Raises
    ------
    UsageError, ArrayError
        As `is_not_best`.

    Examples
    --------
    >>> is_worst({"squared": [0.1, 0.2, 0.3], "softmax": [0.3, 0.41, 0.5], "sigmoid": [0.4, 0.5, 0.61]}, "squared")
    Finding(confirmed: 0.203, 0.189 to 0.218; above 0)
    """
    parts = [
        exceeds(effects, by, what=f"{other} minus {name}", unit=unit, of=of)
        for other, effects in _others_minus(scores, name).items()
    ]
    return all_of(parts, f"{name} is the worst of {len(scores)}")


def helps_only_here(here: Any, elsewhere: Any, *, by: float = 0.02, unit: str = "purity", of: str = "seeds") -> Finding:
    """Whether a change helps in some places only (A, Fig. 3: subclass labels help with domain overlap only).

    Conjunction: the mean gain here is above `by`, and the mean gain elsewhere is below it.

    Parameters
    ----------
    here, elsewhere : (repetitions,)
        Gains: the score with the change minus that without, such as on data sets that overlap with the training data
        and on others.
    by : float
        The smallest gain that helps; 0.02 is about the width of a line in the published figures.
    unit, of : str

    Raises
    ------
    ArrayError
        When a gain is not finite or there is none.

    Examples
    --------
    >>> helps_only_here([0.10, 0.11, 0.12], [0.0, 0.01, 0.0]).verdict
    'confirmed'
    """
    parts = [
        exceeds(here, by, what="The gain where it should help", unit=unit, of=of),
        falls_below(elsewhere, by, what="The gain elsewhere", unit=unit, of=of),
    ]
    return all_of(parts, "The change helps in some places only")


def _others_minus(scores: Mapping[str, Any], name: str) -> dict[str, Float[np.ndarray, " repetitions"]]:
    if name not in scores or len(scores) < 2:
        raise UsageError(
            f"{name!r} among {', '.join(scores) or 'no conditions'}", "Name one of at least two conditions"
        )
    checked = {condition: as_effects(values, name=condition) for condition, values in scores.items()}
    for condition, values in checked.items():
        if len(values) != len(checked[name]):
            raise ArrayError(
                f"{condition} has {len(values)} repetitions, {name} has {len(checked[name])}",
                "Score all conditions in the same repetitions",
            )
    return {other: values - checked[name] for other, values in checked.items() if other != name}
