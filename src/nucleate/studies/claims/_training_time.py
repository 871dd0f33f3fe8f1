"""Claims about how long scores keep changing during training."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from nucleate.arrays import to_numpy
from nucleate.errors import ArrayError, UsageError
from nucleate.studies.claims._alignment import contrast
from nucleate.studies.claims._intervals import as_effects, mean_of
from nucleate.studies.claims._verdicts import Finding, all_of, decide

_UNIT = "share of all change"


def late_change(
    scores: Float[np.ndarray, "repetitions checkpoints layers"], progress: Any, *, quarter: float = 0.25
) -> Float[np.ndarray, " repetitions"]:
    r"""Share of the change of scores that comes after a part of training, in each repetition.

    .. math:: \frac{\sum_l |v_l^{end} - v_l^{q}|}{\sum_l |v_l^{end} - v_l^{q}| + \sum_l |v_l^{q} - v_l^{start}|}

    Sums over layers, so that layers which hardly move count little; only where scores stand at the start, at the
    quarter (read by linear interpolation) and at the end matters, so that noise does not grow with the number of
    checkpoints. 0 where nothing changes.

    Examples
    --------
    >>> late_change(np.array([[[0.0], [0.3], [0.4]]]), [0, 25, 100])
    array([0.25])
    """
    times = as_effects(progress, name="progress")
    if len(times) < 2 or (np.diff(times) <= 0).any():
        raise ArrayError("the progress of training does not ascend", "Pass epochs or steps of at least two checkpoints")
    if not 0 < quarter < 1:
        raise UsageError(f"{quarter} is no part of training", "Choose a share between 0 and 1, such as 0.25")
    values = _as_scores(scores, len(times))
    at = quarter * times[-1]
    if not times[0] < at:
        raise ArrayError(f"the first checkpoint, {times[0]:g}, comes after {at:g}", "Keep an earlier checkpoint")
    right = int(np.searchsorted(times, at))
    part = (at - times[right - 1]) / (times[right] - times[right - 1])
    then = (1 - part) * values[:, right - 1] + part * values[:, right]
    before = np.abs(then - values[:, 0]).sum(axis=1)
    afterwards = np.abs(values[:, -1] - then).sum(axis=1)
    total = before + afterwards
    return np.divide(afterwards, total, out=np.zeros_like(total), where=total > 0)


def settles_early_except_last_layers(
    scores: Any,
    progress: Any,
    last_layers: int,
    *,
    at_most: float = 0.25,
    by: float = 0.1,
    quarter: float = 0.25,
    of: str = "seeds",
) -> Finding:
    """Whether scores hardly move after a quarter of training except in the last layers (A, Fig. D.10, shuffled).

    Conjunction: the `late_change` of all layers but the last ones is below `at_most` (a quarter of the change, where
    steady change would leave three quarters), and that of the last ones is more than `by` above it.

    Parameters
    ----------
    scores : (repetitions, checkpoints, layers)
    progress : (checkpoints,)
        Epochs or steps, ascending; the last one is the end of training.
    last_layers : int
        How many layers at the end are excepted.
    at_most, by, quarter : float
    of : str

    Raises
    ------
    ArrayError
        When scores do not fit or are not finite, or the first checkpoint comes after the quarter.
    UsageError
        When the last layers are none or all.

    Examples
    --------
    >>> run = [[0.0, 0.0], [0.3, 0.2], [0.3, 0.4]]
    >>> settles_early_except_last_layers([run, run], [0, 25, 100], 1).verdict
    'confirmed'
    """
    values = _as_scores(scores, len(as_effects(progress, name="progress")))
    if not 0 < last_layers < values.shape[2]:
        raise UsageError(f"{last_layers} last layers of {values.shape[2]}", "Choose at least one and not all")
    first = late_change(values[:, :, :-last_layers], progress, quarter=quarter)
    last = late_change(values[:, :, -last_layers:], progress, quarter=quarter)
    when = f"after {100 * quarter:.3g} % of training"
    early = f"The share of all change that comes {when}, in all but the last {last_layers} layers,"
    excess = f"The share of all change that comes {when}, in the last {last_layers} layers minus in the others,"
    parts = [
        decide(mean_of(first).clipped(0, 1), "below", at_most, what=early, unit=_UNIT, of=of),
        decide(contrast(last, first, paired=True).clipped(-1, 1), "above", by, what=excess, unit=_UNIT, of=of),
    ]
    return all_of(parts, f"Scores hardly move {when}, except in the last layers")


def _as_scores(scores: Any, checkpoints: int) -> Float[np.ndarray, "repetitions checkpoints layers"]:
    array = to_numpy(scores)
    if array.ndim != 3 or array.shape[1] != checkpoints or 0 in array.shape or array.dtype.kind not in "fiub":
        raise ArrayError(
            f"the scores have shape {array.shape} and dtype {array.dtype} for {checkpoints} checkpoints",
            "Pass (repetitions, checkpoints, layers) real numbers",
        )
    if not np.isfinite(array).all():
        repetition, checkpoint, layer = np.argwhere(~np.isfinite(array))[0]
        raise ArrayError(
            f"the score of layer {layer} at checkpoint {checkpoint} of repetition {repetition} is not finite",
            "Leave the layer out, and say why",
        )
    return array.astype(np.float64)
