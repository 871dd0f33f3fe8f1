"""When neighbours are looked for among candidates from a count-sketch, and how many candidates there are."""

from __future__ import annotations

from dataclasses import dataclass

from nucleate.neighbors import SKETCH_COLUMNS

# Below these an exact search is quicker than measuring the candidates: each is measured in float64, pair by pair,
# which takes some 50 times as long per number as products of matrices do.
FEWEST_COLUMNS = 4 * SKETCH_COLUMNS
FEWEST_ROWS_PER_CANDIDATE = 50
FEWEST_CANDIDATES, CANDIDATES_PER_NEIGHBOR = 100, 4
CHECKED = 100


@dataclass(frozen=True)
class Sketch:
    """How candidates are found.

    Attributes
    ----------
    columns : int
        Of a sketch.
    candidates : int
        Of each row, to be measured.
    checked : int
        Rows that are also searched exactly, for the recall.
    seed : int
        Of the sketch and of the draw of these rows.
    """

    columns: int
    candidates: int
    checked: int
    seed: int


def sketch_for(columns: int, rows: int, k: int, *, seed: int) -> Sketch | None:
    """The sketch of a layer; None where an exact search is no slower.

    Examples
    --------
    >>> sketch_for(802_816, 90_000, 30, seed=0)
    Sketch(columns=4096, candidates=120, checked=100, seed=0)
    >>> sketch_for(2_048, 90_000, 30, seed=0) is None
    True
    """
    candidates = max(FEWEST_CANDIDATES, CANDIDATES_PER_NEIGHBOR * k)
    if columns < FEWEST_COLUMNS or rows < FEWEST_ROWS_PER_CANDIDATE * candidates:
        return None
    return Sketch(SKETCH_COLUMNS, min(candidates, rows - 1), CHECKED, seed)
