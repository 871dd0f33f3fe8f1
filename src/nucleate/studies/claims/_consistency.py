"""Claims about the agreement between every layer of one run and every layer of another."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from nucleate.arrays import as_codes, to_numpy
from nucleate.errors import ArrayError
from nucleate.studies.claims._intervals import mean_of_pairs
from nucleate.studies.claims._verdicts import Finding, all_of, decide

_PAIRS = "pairs of runs"


def corresponding_layers_agree_best(matrices: Any, *, by: float = 0.0, unit: str = "ARI") -> Finding:
    """Whether each layer of a run agrees best with the same layer of another run (A, Fig. H.4: VGG).

    Effect: the mean over layers of the diagonal minus the agreement with the best other layer, each matrix averaged
    with its transpose since runs are interchangeable. Which other layer is best is chosen, for each pair, by the mean
    of the *other* pairs: the best of many would otherwise be good by noise. Confirmed above `by`; refuted when some
    other layer agrees as well as the corresponding one, on average.

    Parameters
    ----------
    matrices : (pairs, layers, layers)
        Agreement of layer l of one run with layer m of the other, for all pairs of runs, in the order of
        ``itertools.combinations``.
    by : float
    unit : str

    Raises
    ------
    ArrayError
        When matrices are not square, of two layers at least and finite, or not all pairs of some number of runs.

    Examples
    --------
    >>> corresponding_layers_agree_best([[[0.5, 0.1], [0.1, 0.5]]] * 3).verdict
    'confirmed'
    """
    agreement = _as_square(matrices)
    pairs, layers, _ = agreement.shape
    both_ways = (agreement + agreement.transpose(0, 2, 1)) / 2
    others = both_ways.sum(axis=0) - both_ways if pairs > 1 else both_ways
    best = np.where(np.eye(layers, dtype=bool), -np.inf, others).argmax(axis=2)
    of_best = np.take_along_axis(both_ways, best[:, :, None], axis=2)[:, :, 0]
    diagonal = np.diagonal(agreement, axis1=1, axis2=2)
    excess = (diagonal - of_best).mean(axis=1)
    what = f"The agreement of {layers} corresponding layers minus that of each one's best other"
    return decide(mean_of_pairs(excess), "above", by, what=what, unit=unit, of=_PAIRS)


def stages_agree_as_layers_do(
    matrices: Any, stages: Any, *, tolerance: float = 0.02, by: float = 0.02, unit: str = "ARI"
) -> Finding:
    """Whether layers of one stage agree across runs as well as corresponding ones do (A, Fig. H.4: ResNet).

    Conjunction, with means over each layer's row and column and then over layers that share their stage with another:
    the agreement of corresponding layers is less than `tolerance` above that of *other* layers of the same stage, and
    the latter is more than `by` above that of layers of different stages. Refuted when corresponding layers stand out,
    or stages do not.

    Parameters
    ----------
    matrices : (pairs, layers, layers)
        As in `corresponding_layers_agree_best`.
    stages : (layers,)
        The stage of each layer.
    tolerance, by : float
    unit : str

    Raises
    ------
    ArrayError
        As `corresponding_layers_agree_best`, or when stages do not fit, there is one only, or none has two layers.

    Examples
    --------
    >>> blocks = [[0.5, 0.5, 0.1], [0.5, 0.5, 0.1], [0.1, 0.1, 0.5]]
    >>> stages_agree_as_layers_do([blocks] * 3, ["early", "early", "late"]).verdict
    'confirmed'
    """
    agreement = _as_square(matrices)
    codes = as_codes(stages, name="stages", n=agreement.shape[1])
    shared = np.bincount(codes)[codes] > 1
    if codes.max() == 0 or not shared.any():
        raise ArrayError(f"{codes.max() + 1} stages of {len(codes)} layers", "Two are needed, one with two layers")
    diagonal = np.diagonal(agreement, axis1=1, axis2=2)[:, shared].mean(axis=1)
    alike = _mean_over_others(agreement, codes, same=True)[:, shared].mean(axis=1)
    apart = _mean_over_others(agreement, codes, same=False)[:, shared].mean(axis=1)
    excess = "The agreement of corresponding layers minus that of other layers of the same stage"
    block = "The agreement of other layers of the same stage minus that of layers of different stages"
    parts = [
        decide(mean_of_pairs(diagonal - alike), "below", tolerance, what=excess, unit=unit, of=_PAIRS),
        decide(mean_of_pairs(alike - apart), "above", by, what=block, unit=unit, of=_PAIRS),
    ]
    return all_of(parts, "Layers of one stage agree across runs as well as corresponding layers do")


def _mean_over_others(
    agreement: Float[np.ndarray, "pairs layers layers"], codes: Int[np.ndarray, " layers"], *, same: bool
) -> Float[np.ndarray, "pairs layers"]:
    """Mean of each layer's row and column over the other layers of its stage, or over those of different stages."""
    chosen = (codes[:, None] == codes) == same
    np.fill_diagonal(chosen, False)
    both_ways = (agreement + agreement.transpose(0, 2, 1)) / 2
    counts = np.maximum(chosen.sum(axis=1), 1)
    return np.asarray((both_ways * chosen).sum(axis=2) / counts)


def _as_square(matrices: Any) -> Float[np.ndarray, "pairs layers layers"]:
    array = to_numpy(matrices)
    if array.ndim != 3 or array.shape[1] != array.shape[2] or array.shape[1] < 2 or array.dtype.kind not in "fiub":
        raise ArrayError(
            f"the matrices have shape {array.shape} and dtype {array.dtype}",
            "Pass (pairs of runs, layers, layers) real numbers, of two layers or more",
        )
    if not np.isfinite(array).all():
        pair, row, column = np.argwhere(~np.isfinite(array))[0]
        raise ArrayError(f"the agreement of layers {row} and {column} of pair {pair} is not finite", "Leave it out")
    return array.astype(np.float64)
