"""Claims about how scores change along the depth of a network, and while it is trained (paper A)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from nucleate.errors import ArrayError
from nucleate.studies.claims._alignment import at_least_layers, contrast, same_layers
from nucleate.studies.claims._intervals import mean_of
from nucleate.studies.claims._profiles import LayerProfile
from nucleate.studies.claims._training_time import late_change
from nucleate.studies.claims._verdicts import Finding, all_of, decide

_CORRELATION = "Spearman correlation"


def rises_overall(profile: LayerProfile, *, above: float = 0.5) -> Finding:
    """Whether a score rises with depth on the whole, setbacks aside (A, Fig. 1).

    Effect: Spearman's correlation of the score with depth, 0 for a score that is the same everywhere. Confirmed above
    `above`, what is usually called a strong correlation.

    Raises
    ------
    ArrayError
        When there are fewer than three layers.

    Examples
    --------
    >>> values = np.array([[0.1, 0.3, 0.2, 0.4], [0.1, 0.3, 0.25, 0.4]])
    >>> rises_overall(LayerProfile("AMI", ("a", "b", "c", "d"), np.array([0, 0.3, 0.6, 1]), values)).verdict
    'confirmed'
    """
    at_least_layers(profile, 3)
    found = [0.0 if np.ptp(row) == 0 else spearmanr(profile.depths, row).statistic for row in profile.values]
    what = f"The Spearman correlation of {profile.name} with depth across {len(profile.layers)} layers"
    estimate = mean_of(found).clipped(-1, 1)
    return decide(estimate, "above", above, what=what, unit=_CORRELATION, of=profile.repetitions)


def spread_within(profile: LayerProfile, stages: Sequence[str]) -> Float[np.ndarray, " repetitions"]:
    """Standard deviation across the layers of a stage, mean over the stages that have several layers.

    Raises
    ------
    ArrayError
        When stages do not fit the layers, or each has a single one.

    Examples
    --------
    >>> spread_within(LayerProfile("AMI", ("a", "b", "c"), np.array([0, 0.5, 1]), np.array([[0.1, 0.3, 0.9]])), "112")
    array([0.1])
    """
    if len(stages) != len(profile.layers):
        raise ArrayError(f"{len(stages)} stages for {len(profile.layers)} layers", "Name the stage of each layer")
    members = [[place for place, own in enumerate(stages) if own == stage] for stage in dict.fromkeys(stages)]
    several = [places for places in members if len(places) > 1]
    if not several:
        raise ArrayError(f"{profile.name} has no stage of several layers", "Measure more layers of each")
    return np.mean([profile.values[:, places].std(axis=1) for places in several], axis=0)


def varies_more_within_stages(a: LayerProfile, b: LayerProfile, stages: Sequence[str], *, by: float = 0.0) -> Finding:
    """Whether `a` varies more than `b` between layers of the same stage (A, Fig. 1: cluster scores, probe accuracy).

    Effect: mean `spread_within` of `a` minus that of `b`, measured on the same networks; both are scores from 0 to 1.
    Confirmed above `by` (0: any difference that is not chance counts).

    Raises
    ------
    ArrayError
        As `spread_within`, and when the two differ in layers or repetitions.
    """
    same_layers(a, b)
    what = f"The standard deviation within stages of {a.name} minus that of {b.name}"
    estimate = contrast(spread_within(a, stages), spread_within(b, stages), paired=True)
    return decide(estimate, "above", by, what=what, unit="score", of=a.repetitions)


def stays_low_but_above_zero(profile: LayerProfile, *, below: float = 0.5, unit: str = "AMI") -> Finding:
    """Whether a score is low and yet above what chance gives, 0, at every layer (A, Fig. 2: natural superclasses).

    Conjunction: the lowest value along depth is above 0, the highest below `below`, half of what there could be.
    """
    lowest, highest = (
        mean_of(ends).clipped(-1, 1) for ends in (profile.values.min(axis=1), profile.values.max(axis=1))
    )
    of, name = profile.repetitions, f"{unit} of {profile.name}"
    parts = [
        decide(lowest, "above", 0, what=f"The lowest {name}", unit=unit, of=of),
        decide(highest, "below", below, what=f"The highest {name}", unit=unit, of=of),
    ]
    return all_of(parts, f"{profile.name} is low and above zero at every layer")


def peaks_no_higher(a: LayerProfile, b: LayerProfile, *, tolerance: float = 0.02, unit: str = "AMI") -> Finding:
    """Whether the maximum of `a` is at most that of `b`, up to a tolerance (A, Fig. 7: normalisation in VGG).

    Effect: mean over repetitions of the maximum over layers, of `a` minus of `b`; groups are independent.
    """
    estimate = contrast(a.values.max(axis=1), b.values.max(axis=1), paired=False)
    what = f"The maximum of {a.name} minus that of {b.name}"
    return decide(estimate, "below", tolerance, what=what, unit=unit, of=a.repetitions)


def keeps_changing(
    scores: Any, progress: Any, last_layers: int, *, above: float = 0.25, name: str = "AMI", of: str = "seeds"
) -> Finding:
    """Whether scores of all but the last layers still move after a quarter of training (A, Fig. D.10, natural).

    Effect: `late_change` of these layers. Confirmed above `above`, the bound below which
    `settles_early_except_last_layers` says that scores hardly move.

    Parameters
    ----------
    scores : (repetitions, checkpoints, layers)
    progress : (checkpoints,)
    last_layers : int
        How many layers at the end are left out.
    above : float
    name, of : str

    Raises
    ------
    ArrayError
        As `late_change`.
    """
    found = late_change(np.asarray(scores)[:, :, :-last_layers], progress)
    what = f"The share of all change of {name} that comes after 25 % of training, in all but {last_layers} last layers,"
    return decide(mean_of(found).clipped(0, 1), "above", above, what=what, unit="share of all change", of=of)
