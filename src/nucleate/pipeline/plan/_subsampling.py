"""Fewer samples at the same ratio of classes to samples per class (Doimo et al. 2020, Figure A.1)."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Int


def subsample(labels: np.ndarray | None, n: int, *, share: float, seed: int) -> Int[np.ndarray, " chosen"]:
    """Choose about `share` of n samples: the root of it of the classes, and the root of it of each one's samples.

    Parameters
    ----------
    labels : (n,) or None
        Class of each sample; without classes, samples are drawn evenly.
    n : int
        Number of samples.
    share : float
        Above 0, up to 1; 1 chooses all.
    seed : int
        Of the draw.

    Returns
    -------
    (chosen,) int64
        Ascending places; where there are so many, at least 2 classes and 2 samples of each, or 3 samples.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.repeat(list("abcd"), 4)
    >>> labels[subsample(labels, 16, share=0.25, seed=0)].tolist()
    ['a', 'a', 'd', 'd']
    """
    if share >= 1:
        return np.arange(n)
    generator = np.random.default_rng([seed, round(share * 1e9)])
    if labels is None:
        return np.sort(generator.permutation(n)[: max(3, round(share * n))])
    root = math.sqrt(share)
    classes, codes = np.unique(labels, return_inverse=True)
    kept = generator.permutation(len(classes))[: max(2, round(root * len(classes)))]
    order = generator.permutation(n)
    chosen = []
    for code in np.sort(kept):
        members = order[codes[order] == code]
        chosen.append(members[: max(2, round(root * len(members)))])
    return np.sort(np.concatenate(chosen))


def fewer_neighbors(k: int, *, share: float, n: int) -> int:
    """k as many times smaller as classes are, so that it stays the same part of a class."""
    return min(n - 1, max(1, round(k * math.sqrt(share))))
