"""The hierarchy of density peaks."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from nucleate.clusters._density_peaks._saddles import Saddles
from nucleate.clusters.hierarchical import sorted_linkage
from nucleate.errors import ArrayError


@dataclass(frozen=True, eq=False, repr=False)
class Dendrogram:
    """Peaks joined by the log density of the saddles between them, densest first.

    Attributes
    ----------
    linkage : (peaks - 1, 4) float64
        In scipy's format; the height of a merge is the largest log density of any peak less that of the saddle.
    log_density : (peaks,) float64
        Log density of each peak: the height of its leaf.
    filler : float
        Height that stands for the missing saddle of peaks that do not touch: one unit of log density
        below the sparsest sample.
    """

    linkage: Float[np.ndarray, "merges 4"]
    log_density: Float[np.ndarray, " peaks"]
    filler: float

    def newick(self, names: Sequence[str] | None = None) -> str:
        """The tree as Newick text; branch lengths are differences of log density, so leaves end at their peaks.

        Parameters
        ----------
        names : sequence of str, optional
            One for each peak; default its number.

        Raises
        ------
        ArrayError
            When there are not as many names as peaks.
        """
        leaves = [str(peak) for peak in range(len(self.log_density))] if names is None else list(names)
        if len(leaves) != len(self.log_density):
            raise ArrayError(f"{len(leaves)} names for {len(self.log_density)} peaks", "Pass one name for each peak")
        subtrees = ["'" + name.replace("'", "''") + "'" if names is not None else name for name in leaves]
        levels = list(self.log_density)
        for left, right, height, _ in self.linkage:
            level = self.log_density.max() - height
            branches = [f"{subtrees[int(child)]}:{max(levels[int(child)] - level, 0.0):.6g}" for child in (left, right)]
            subtrees.append(f"({','.join(branches)})")
            levels.append(level)
        return subtrees[-1] + ";"

    def __repr__(self) -> str:
        return f"Dendrogram({len(self.log_density)} peaks)"


def dendrogram(
    saddles: Saddles,
    peak_log_density: Float[np.ndarray, " peaks"],
    missing: float,
    method: Literal["weighted", "single"],
) -> Dendrogram:
    """Join peaks by the dissimilarity max(log rho) - log rho(saddle); pairs that do not touch have log rho = `missing`.

    `method="weighted"` (WPGMA, as in the paper) gives a union the mean of its two parts' dissimilarities, "single" the
    smaller. Only pairs that touch are stored: memory is linear in the saddles, time O(s log s).
    """
    if method not in ("weighted", "single"):
        raise ArrayError(f"Unknown method {method!r}", "Choose 'weighted' or 'single'")
    highest = float(peak_log_density.max())
    filler = highest - missing
    first, second, heights = _merges(
        saddles.pairs, highest - saddles.log_density, len(peak_log_density), filler, method
    )
    return Dendrogram(sorted_linkage(first, second, heights)[0], peak_log_density, filler)


def _merges(
    pairs: Int[np.ndarray, "saddles 2"],
    dissimilarities: Float[np.ndarray, " saddles"],
    peaks: int,
    filler: float,
    method: Literal["weighted", "single"],
) -> tuple[Int[np.ndarray, " merges"], Int[np.ndarray, " merges"], Float[np.ndarray, " merges"]]:
    """Merge the least dissimilar pair until one group is left; a group goes by the number of its densest peak."""
    touching: list[dict[int, float]] = [{} for _ in range(peaks)]
    queue: list[tuple[float, int, int]] = []

    def touch(a: int, b: int, dissimilarity: float) -> None:
        touching[a][b] = touching[b][a] = dissimilarity
        heapq.heappush(queue, (dissimilarity, min(a, b), max(a, b)))

    for (a, b), dissimilarity in zip(pairs.tolist(), dissimilarities.tolist(), strict=True):
        touch(a, b, dissimilarity)
    made: list[tuple[int, int, float]] = []
    while queue:
        height, a, b = heapq.heappop(queue)
        if touching[a].get(b) != height:  # of a group that is gone, or a dissimilarity since replaced
            continue
        made.append((a, b, height))
        sides = touching[a], touching[b]
        touching[a], touching[b] = {}, {}
        for c in (sides[0].keys() | sides[1].keys()) - {a, b}:
            near, far = sides[0].get(c, filler), sides[1].get(c, filler)
            touching[c].pop(b, None)
            touch(a, c, (near + far) / 2 if method == "weighted" else min(near, far))
    apart = sorted(set(range(1, peaks)) - {b for _, b, _ in made})
    made += [(0, b, filler) for b in apart]
    columns = np.array(made, dtype=np.float64).reshape(-1, 3).T
    return columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2]
